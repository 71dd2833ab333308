"""Counts written down and read again: as JSON and as a table; and printed.

What is read is checked as if a stranger had written it. An error never repeats what a file holds.
"""
