"""Weights that make respondents stand for a named population, with their diagnostics."""
