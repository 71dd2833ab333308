"""Rows made into small codes: units, groups, weights, the base and the answers.

Each answer is coded by itself, from what is declared. It never adds anything up.
"""
