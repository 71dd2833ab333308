"""Replicates: how units are drawn again, the proportions of each replicate, and intervals from them.

It multiplies and sorts. It never decides what is resampled.
"""
