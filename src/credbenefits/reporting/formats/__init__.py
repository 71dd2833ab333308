"""The files a brief is written as: a web page, Markdown, and CSV.

A format turns blocks into text, safely quoted. It never chooses what is reported.
"""
