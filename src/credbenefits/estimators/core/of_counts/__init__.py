"""Counts as the source of estimates: what is taken from them, and the doubts about it. It reads no row."""
