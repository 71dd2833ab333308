"""Variances that know that weights were estimated: everybody whom they were made of has a part in them.

Influence, replicates, people left out in turn. Nothing here takes weights as known.
"""
