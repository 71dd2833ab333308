"""The options of linking by likely matches, checked."""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Any

from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.frames.keys.codes import CodeForm
from credbenefits.numerics.matching.candidates import DISAGREEMENTS
from credbenefits.panel.matching.accept import AcceptRule
from credbenefits.panel.matching.codes import CodeOptions
from credbenefits.panel.matching.names import NameOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credbenefits import _typing as t

_FALSE_LINK_RATE = 0.01
#: Options, and the methods they belong to.
_BELONGS: dict[str, tuple[str, ...]] = {
    "numeric_keys": ("exact",),
    "ordered": ("code",),
    "code_format": ("code",),
    "max_disagreements": ("code",),
    "compare": ("probabilistic",),
    "backend": ("probabilistic",),
    "max_false_link_rate": ("code", "probabilistic"),
    "threshold": ("code", "probabilistic"),
}


def likely_options(
    method: str, duplicates: t.CodeDuplicateRule, given: Mapping[str, Any]
) -> CodeOptions | NameOptions | None:
    """Check the options that were given (not None) for a method; exact keys have none."""
    for name, value in given.items():
        if value is not None and method not in _BELONGS[name]:
            raise InputError(
                name,
                allowed=f"nothing with method={method!r}",
                value=value,
                fix=f"It is an option of method={' and '.join(map(repr, _BELONGS[name]))}.",
            )
    if method == "exact":
        return None
    rule = _rule(given["max_false_link_rate"], given["threshold"])
    if method == "probabilistic":
        compare = check.mapping("compare", given["compare"], example="{'surname': 'name', 'born': 'date'}")
        return NameOptions(compare, given["backend"], duplicates, rule)
    most, form = given["max_disagreements"], given["code_format"]
    return CodeOptions(
        check.names("ordered", given["ordered"]),
        None if form is None else _code_form(form),
        DISAGREEMENTS if most is None else check.whole_number("max_disagreements", most, least=1),
        duplicates,
        rule,
    )


def _rule(max_false_link_rate: float | None, threshold: float | None) -> AcceptRule:
    if max_false_link_rate is not None and threshold is not None:
        raise InputError(
            "threshold",
            allowed="`max_false_link_rate` or `threshold`",
            received="both",
            fix="Leave one out: each says which pairs are accepted.",
        )
    for name, value in {"max_false_link_rate": max_false_link_rate, "threshold": threshold}.items():
        proportion = isinstance(value, numbers.Real) and not isinstance(value, bool) and 0 < value < 1
        if value is not None and not proportion:
            raise InputError(
                name,
                allowed="a number between 0 and 1",
                value=value,
                fix="Give a proportion, such as 0.01 for one in a hundred.",
            )
    if threshold is not None:
        return AcceptRule(None, float(threshold))
    return AcceptRule(_FALSE_LINK_RATE if max_false_link_rate is None else float(max_false_link_rate), None)


def _code_form(given: t.CodeFormat) -> CodeForm:
    example = "code_format={'separator': '-'} or {'widths': [2, 1, 2]}"
    reported = check.mapping("code_format", given, example=example)
    if set(reported) - {"separator", "widths", "names"} or ("separator" in reported) == (
        "widths" in reported
    ):
        raise InputError(
            "code_format",
            allowed="'separator' or 'widths', and 'names' if you like",
            received=check.listing(reported),
            fix=f"For example {example}.",
        )
    names = check.names("code_format", reported.get("names"))
    if "separator" in reported:
        separator = check.text("code_format", reported["separator"], fix="Spaces cannot separate.")
        return CodeForm(separator, (), names)
    if not isinstance(reported["widths"], (list, tuple)):
        raise InputError(
            "code_format",
            allowed="a list of widths",
            received=repr(reported["widths"]),
            fix=f"For example {example}.",
        )
    widths = tuple(check.whole_number("code_format", w, least=1) for w in reported["widths"])
    if names and len(names) != len(widths):
        raise InputError(
            "code_format",
            allowed="as many names as widths",
            received=f"{len(names)} and {len(widths)}",
            fix="Name every element.",
        )
    return CodeForm(None, widths, names)
