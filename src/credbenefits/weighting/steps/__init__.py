"""What a recipe of weights does, step by step: one file for each kind of step.

Holds no reading of data and no words about results.
"""
