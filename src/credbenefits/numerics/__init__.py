"""Statistics on arrays: intervals, tests, variances, resampling, matching, models.

A function here takes numbers and returns numbers. It never sees a data frame, a question or a person.
"""
