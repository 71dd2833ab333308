"""Totals that weights are calibrated to: read, matched with columns, refused where nobody can meet them.

It makes no weights.
"""
