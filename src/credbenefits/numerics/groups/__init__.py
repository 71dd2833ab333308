"""Two independent groups: intervals for differences, ratios and odds ratios, and tests.

It compares two counts with their bases, or two proportions with a design's variances and covariance, pair by
pair. It never decides which groups are compared.
"""
