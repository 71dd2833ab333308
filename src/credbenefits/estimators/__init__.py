"""The estimates: proportions, comparisons of groups, and change in the same people.

A call reads, counts, estimates and returns a result. It never touches a frame library or a figure.
"""
