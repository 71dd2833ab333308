"""Files of survey tools, read as they are: rows, and a codebook of what the file says of its columns.

Every row that is taken out of a file is counted. Nothing here links, counts answers or computes.
"""
