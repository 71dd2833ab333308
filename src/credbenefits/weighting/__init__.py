"""Weights, against attrition or from a file: models, steps, balance, and alerts about what weights cannot do.

It takes a panel, or a column of weights, and returns weights. It never estimates a proportion.
"""
