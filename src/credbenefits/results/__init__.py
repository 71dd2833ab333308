"""Frozen results: numbers with their bases in words, as frames, text, HTML and plots."""
