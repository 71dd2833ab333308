"""Intervals for one proportion, and for all answers to one question together.

Counts and bases may be effective sizes, so not whole; a design comes in as a variance and degrees of freedom.
It never estimates the proportion itself.
"""
