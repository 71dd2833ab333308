"""Rows counted into small tables of sums: all that an estimate needs.

Counts of parts add up, travel as text or as a table, and say how answers were read. They never estimate.
"""
