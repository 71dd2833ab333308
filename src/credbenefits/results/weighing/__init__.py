"""What a result knows of the weights that it was made with, and what these change in it.

Nothing here computes.
"""
