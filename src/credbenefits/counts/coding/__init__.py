"""Rows made into small codes: units, groups, weights, the base and the answers. No sums are made here."""
