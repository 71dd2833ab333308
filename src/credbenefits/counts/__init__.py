"""Rows counted into small tables of sums: all that an estimate needs. It never estimates anything itself."""
