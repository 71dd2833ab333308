"""Who is who across waves, and where every row went.

It links, accounts for rows, and counts who took part. It never looks at an answer beyond the keys.
"""
