"""How far colours stand apart, to test whether text and marks can be read."""

from __future__ import annotations


def luminance(color):
    """Return the relative luminance of a colour, as WCAG 2 defines it."""
    channels = (int(color[k : k + 2], 16) / 255 for k in (1, 3, 5))
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    """Return the contrast ratio of two colours: 1 for equal ones, 21 for black on white."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
