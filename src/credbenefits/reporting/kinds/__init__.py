"""What each kind of result gives to a brief: a file per kind, with ``parts(result, words) -> Parts``.

A file here makes sentences, tables and cautions of one result. It knows no format, and asks the file of
another kind only where one result holds or is another.
"""
