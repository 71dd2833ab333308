"""What the estimators share: reading, variance, replicates, intervals, rows, flags and notes.

Each file is one step from the arguments to the result. No other room uses it.
"""
