"""Two groups compared: what a design says of both of them together, and the rows of a comparison.

It makes no variance of a single group: those are of the steps that all estimators share.
"""
