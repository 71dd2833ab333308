"""Steps of `response_rates`: reading who ended how in a wave, and making rates with intervals of it.

Counts are arrays by disposition; no step looks at a person twice.
"""
