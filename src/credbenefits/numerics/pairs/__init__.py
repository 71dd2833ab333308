"""Two answers of the same people: change, with its intervals and tests, and the error that false links make.

It takes the four cells of a pair. It never links anybody.
"""
