"""Pairs of answers of the same people: from two waves of a panel to the numbers of a table.

It never reads a frame but through the panel and `counts/coding`, and makes proportions as all estimators do.
"""
