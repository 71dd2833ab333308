"""A report on nonresponse bias: what it says in a brief, and its tables.

The words follow from the numbers of the report. Nothing is computed here but the rounding.
"""
