"""Variances under a survey design, from totals of sampling units or from replicates.

It takes totals per unit and the numbers that were drawn. It never reads the columns of a design.
"""
