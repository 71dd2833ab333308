"""What is asked, and what an answer means: items, several choices, spellings, words and codes for no answer.

It knows values, one at a time or as a list with their frequencies. It never reads a data frame.
"""
