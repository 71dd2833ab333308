"""Weights for people who did not answer: models, steps, balance, and alerts about what weights cannot do.

It takes a panel and returns weights. It never estimates a proportion.
"""
