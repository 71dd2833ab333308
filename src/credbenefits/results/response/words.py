"""What each rate of response is of, and the definition that it follows, in words."""

from __future__ import annotations

from math import isnan

_FULL, _ANY = "people who answered in full", "people who answered in full or in part"
_REACHED = "people who were reached: they answered, refused or could not answer"
_WILLING = "people who were reached and able to answer: they answered or refused"
_ASKED = "everybody asked who is not known to be ineligible"
_SHARED = "everybody known to be eligible, and the share e of those of whom it is unknown"
_KNOWN = "everybody known to be eligible"
_REFUSED = "people who refused"

#: Of each rate the numerator and the base.
MEANINGS = {
    "RR1": (_FULL, _ASKED),
    "RR2": (_ANY, _ASKED),
    "RR3": (_FULL, _SHARED),
    "RR4": (_ANY, _SHARED),
    "RR5": (_FULL, _KNOWN),
    "RR6": (_ANY, _KNOWN),
    "COOP1": (_FULL, _REACHED),
    "COOP2": (_ANY, _REACHED),
    "COOP3": (_FULL, _WILLING),
    "COOP4": (_ANY, _WILLING),
    "REF1": (_REFUSED, _ASKED),
    "REF2": (_REFUSED, _SHARED),
    "REF3": (_REFUSED, _KNOWN),
    "CON1": (_REACHED, _ASKED),
    "CON2": (_REACHED, _SHARED),
    "CON3": (_REACHED, _KNOWN),
    "participation": (_ANY, "everybody invited, those found to be ineligible too"),
    "completion": (_FULL, "people who began to answer"),
    "break_off": ("people who answered in part", "people who began to answer"),
    "knowledge": (
        "people who answered or are known from another source",
        "everybody in the population, invited or not",
    ),
}
#: What is followed, where it is not AAPOR's rate of the same name.
_FOLLOWS = {
    "participation": "AAPOR participation rate (2023)",
    "completion": "complete of complete and partial",
    "break_off": "partial of complete and partial",
    "knowledge": "NACE knowledge rate (2023)",
}
#: Rates whose base has the share e of people of unknown eligibility.
SHARED = tuple(rate for rate, (_, base) in MEANINGS.items() if base == _SHARED)


def definition_of(rate: str, e: float, *, given: bool, unknown: bool) -> str:
    """Name the definition that a rate follows; where eligibility is unknown of some, with its e."""
    words = _FOLLOWS.get(rate, f"AAPOR {rate} (2023)")
    if rate in SHARED and unknown:
        how = "given" if given else "as among those of whom it is known"
        words += ", e unknown" if isnan(e) else f", e = {e:.4f} ({how})"
    return words


def of_waves(rate: str, wave: str, before: str, first: str, *, asked: bool) -> tuple[str, str, str]:
    """Return numerator, base and definition of a rate that looks at earlier waves.

    `asked` says whether it is known who was asked in the first wave.
    """
    still = f"who may have been asked in “{wave}”"
    answered = f"people who answered “{wave}”"
    if rate == "conditional":
        return answered, f"people who answered “{before}” {still}", "answered, of those of the wave before"
    if rate == "retention":
        return answered, f"people who answered “{first}” {still}", "answered, of those of the first wave"
    base = f"people asked in “{first}”" if asked else f"people who answered “{first}”"
    return (
        f"people who answered every wave up to “{wave}”",
        f"{base} who may have been asked in every wave up to “{wave}”",
        "answered all waves so far, of those of the first",
    )
