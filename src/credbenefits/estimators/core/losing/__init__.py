"""Who is lost between waves: who stands where in each, and which groups are found again.

Each file makes parts of one account of attrition; nothing here is drawn or written.
"""
