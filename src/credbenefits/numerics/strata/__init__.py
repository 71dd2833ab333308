"""Two groups within strata: common differences and odds ratios, with their tests.

It combines tables of counts. It never sorts people into strata.
"""
