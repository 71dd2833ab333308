"""The files a brief is written as: a web page, Markdown, CSV, JSON and SVG.

A format turns blocks into text, safely quoted. It never chooses what is reported.
"""
