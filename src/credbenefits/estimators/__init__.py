"""The estimates: proportions, comparisons of groups, and change in the same people.

A call reads, counts, estimates and states. It never touches a frame library or a figure.
"""
