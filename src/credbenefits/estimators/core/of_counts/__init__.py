"""Counts as the source of estimates: what is taken from them, and the doubts about it.

All parts of a file are together here, so what only the whole shows is checked here. It never reads a row.
"""
