"""What may stand in a study file: its tables and keys, what they may be, and in which line one stands.

It reads no data and runs nothing.
"""
