"""What weighting reads of a panel: who answered, and what is known about everybody.

It takes a panel and the names of columns. It never makes a weight.
"""
