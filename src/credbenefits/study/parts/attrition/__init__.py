"""Attrition in a study: weights from [weights], reports on nonresponse bias from [[bias]].

It reads what the tables say and calls the library; it never computes a weight.
"""
