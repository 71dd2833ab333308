"""The parts of a study: link, weigh, estimate, compare, follow people; each from its tables of the file.

It calls the library's functions and never computes anything itself.
"""
