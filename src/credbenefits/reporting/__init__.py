"""Results in words, tables and figures, and the folder they are written to.

It rounds and words what results hold. It never computes a number, and reads no data.
"""
