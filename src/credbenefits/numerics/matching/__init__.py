"""Which rows of two waves are one person, from codes with errors: candidates, evidence, probabilities.

It takes encoded answers and returns pairs with probabilities. It never accepts a link for a panel.
"""
