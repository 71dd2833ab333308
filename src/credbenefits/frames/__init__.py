"""The boundary to data frames: columns, answers and ticks as small integer codes.

Everything that comes from a user's table is read, checked and refused here. It never computes a statistic.
"""
