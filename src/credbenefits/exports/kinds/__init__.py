"""How each tool lays out its file: a module per tool, and one per kind of file that is no text.

A module finds headers, tests and what columns are. It never changes the meaning of a cell.
"""
