"""Models that weights are made with.

A model is fitted on cells with their trials. It never chooses the covariates.
"""
