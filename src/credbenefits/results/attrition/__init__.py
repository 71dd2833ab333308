"""Who is lost between waves: the tables of an account of attrition, and the account.

They hold numbers that were worked out elsewhere, and compute nothing.
"""
