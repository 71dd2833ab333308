"""A study written down in a file: its keys, its exports, and the run from the file to the brief.

It says in data what a script would say in code. It never computes anything itself.
"""
