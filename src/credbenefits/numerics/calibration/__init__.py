"""Calibration: weights that change as little as they can and add up to given totals.

It takes cells of people who are alike, and never knows which variable a total belongs to.
"""
