"""What an account of attrition gives to a brief: who was lost, and which groups are found again.

Nothing here computes a share; the result has them.
"""
