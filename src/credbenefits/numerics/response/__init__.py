"""Nonresponse: how respondents differ from everybody, and how much that can matter.

Everything here works on arrays of counts, sums of weights and propensities. It reads no columns and never
chooses the variables.
"""
