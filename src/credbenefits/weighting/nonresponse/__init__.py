"""The parts of a report on nonresponse bias: who answered, by which variables, and what follows from it.

Each file makes one table of the report from the people of `people.py`. It makes no weights.
"""
