"""Two independent groups: intervals for differences, ratios and odds ratios, and tests.

It compares two counts with their bases, pair by pair. It never decides which groups are compared.
"""
