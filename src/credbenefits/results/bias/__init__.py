"""How respondents differ from everybody: the tables of a bias report, and the report.

The tables hold numbers that were worked out elsewhere, and compute nothing.
"""
