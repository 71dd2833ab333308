"""Who was asked and who answered: rates of response, with the words that say what each is of.

The results hold numbers that were worked out elsewhere, and compute nothing.
"""
