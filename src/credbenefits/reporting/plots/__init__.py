"""The figures of results, drawn with fixed defaults.

A figure shows what a result holds. It changes no setting of the program that draws it.
"""
