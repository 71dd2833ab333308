"""What weights are used for: found for rows, held against unweighted estimates, summed up, saved.

The methods of :class:`credbenefits.Weights` call these. Nothing here makes weights.
"""
