"""Something about weights that a reader must know."""

from __future__ import annotations

from dataclasses import dataclass

from credbenefits._frozen import Content


@dataclass(frozen=True, slots=True, eq=False)
class Alert(Content):
    """Something about the weights that a reader must know.

    ``code`` names the rule, ``text`` says what was found, ``value`` is the number that the rule looks at, and
    ``remedy`` says what to do. The rules are listed in the documentation, under "Alerts".
    """

    code: str
    text: str
    value: float
    remedy: str

    @property
    def note(self) -> str:
        """The alert as a note of a result has it."""
        return f"{self.code}: {self.text} {self.remedy}".rstrip()
