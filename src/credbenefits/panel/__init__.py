"""Panels: waves linked person by person, with every row accounted for."""
