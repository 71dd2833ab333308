"""What the user gets: frozen tables that print, show and plot themselves.

A result holds numbers that were computed elsewhere. It computes nothing.
"""
