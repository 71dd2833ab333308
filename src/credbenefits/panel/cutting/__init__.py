"""Cuts one table that holds several waves, beside or below each other, into a frame per wave.

It says which columns are the answers of each wave, and changes no cell; it does not link.
"""
