"""From results to words, tables, plots and pages. Computes nothing: numbers come with their bases."""
