"""The headings of a brief's appendix, in the order in which they stand there."""

from __future__ import annotations

FURTHER = "Further findings"
CHANGE = "Change between waves"
COMPARISONS = "Comparisons between groups"
WEIGHTED = "Weighted beside unweighted"
BASES = "Who is in every denominator"
TOOK_PART = "Who took part"
LINKS = "How waves were linked"
BALANCE = "Those who answered against the population"
CODE = "What the code tells apart"
TABLES = "Further tables"
METHODS = "How the numbers were made"

#: All of them, but for the methods, which stand last: headings of other classes stand before these.
ORDER = (FURTHER, CHANGE, COMPARISONS, WEIGHTED, BASES, TOOK_PART, LINKS, BALANCE, CODE, TABLES)
