"""Ways to link two waves: exact keys, codes with errors, names; and who is one person after that.

It turns keys into pairs, and pairs into persons. It never prints a key. The panel alone uses it.
"""
