"""Counts as the source of estimates: what is taken from them, and the doubts about it.

All parts of a file are together here, so what only the whole tells is asked here. It never reads a row.
"""
