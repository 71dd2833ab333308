"""Keys of people: normalised, judged (a placeholder is no key), coded, and hashed.

It tells which cells are the same key. It never says who a person is: that is the panel's.
"""
