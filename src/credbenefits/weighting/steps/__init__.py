"""What a recipe of weights does, step by step: one file for each kind of step.

A step takes a sample and weights, and returns weights. It never reads a data frame.
"""
