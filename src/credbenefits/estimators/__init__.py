"""Estimates of people's answers: shares, subsets of subsets, differences between groups."""
