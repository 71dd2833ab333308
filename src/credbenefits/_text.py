"""Text as it may leave the library: on one line, without characters that only steer what shows it."""

from __future__ import annotations

import re

#: Longest piece of text from outside that a message repeats.
LONGEST_NAME = 60

#: Whatever ends a line, moves the print position, or separates records: a run of them becomes a space.
_BREAKS = re.compile("[ ]*[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+[ ]*")
#: Other control characters, marks that turn the direction of writing, byte-order marks, and noncharacters,
#: which no XML may hold. The joiners U+200C and U+200D stay: languages and emoji need them.
_STEERING = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff0-\ufffb\ufdd0-\ufdef\ufffe\uffff]"
)
#: Halves of a character, which cannot be written in UTF-8.
_HALVES = re.compile("[\ud800-\udfff]")
_ADDRESS = re.compile(r"[^\s'\"(<,;:]+@[^\s'\"@]+\.[^\W\d_]{2,}")


def printable(text: str) -> str:
    """Return text on one line, without control characters and marks of writing direction."""
    if text.isascii() and text.isprintable():
        return text
    return _HALVES.sub("\ufffd", _BREAKS.sub(" ", _STEERING.sub("", text)))


def without_addresses(text: str) -> str:
    """Blank out e-mail addresses, which a message should never hold."""
    return _ADDRESS.sub("(an e-mail address)", text) if "@" in text else text


def shortened(text: str, longest: int = LONGEST_NAME) -> str:
    """Cut text that is longer than a message should repeat."""
    return text if len(text) <= longest else text[:longest] + "..."
