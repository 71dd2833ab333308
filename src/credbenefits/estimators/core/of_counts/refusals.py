"""What cannot be asked of counts: what they hold already, and what needs people one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits.errors import InputError, MethodError
from credbenefits.numerics.proportion.methods import METHODS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credbenefits._typing import ProportionMethod
    from credbenefits.counts.counts import Counts


def refuse_again(given: Mapping[str, object], *, share: str, people: str) -> None:
    """Refuse what the counts hold already."""
    again = [name for name, value in given.items() if value is not None and value != ()]
    again += ["share"] * (share != "conditional") + ["people"] * (people != "respondents")
    if again:
        raise InputError(
            again[0],
            allowed="nothing beside counts, which hold it already",
            received=repr({**given, "share": share, "people": people}[again[0]]),
            fix=f"Leave it out, or give {again[0]}= to count().",
        )


def refuse_rows(counts: Counts, how: str, method: ProportionMethod, *, plain: bool, keep: bool) -> None:
    """Refuse what takes people one by one, unless it is known without: they are not in the counts."""
    needs = {
        "bootstrap.keep": keep,
        "method": METHODS[method].from_replicates is not None and not plain,
        "variance": how == "bootstrap" or (how == "jackknife" and not counts.units.clustered),
    }
    argument = next((name for name, needed in needs.items() if needed), None)
    if argument is not None:
        came = {"bootstrap.keep": True, "method": method, "variance": how}
        raise MethodError(
            argument,
            allowed="variance='linearized' with counts, and an interval that needs no rows",
            value=came[argument],
            fix="Use variance='linearized', or call proportions() with the rows.",
        )
    if counts.replicates is not None:
        raise MethodError(
            "variance",
            allowed="counts without replicate weights",
            received=f"{len(counts.replicates.rscales):,} replicate weights",
            fix="Call proportions() with the rows, or count with strata and clusters and use 'linearized'.",
        )
    if counts.units.dropped and how != "kish":
        raise MethodError(
            "variance",
            allowed="'kish' for counts without their sampling units",
            received=repr(how),
            fix="Leave variance= out, or use the counts before without_units().",
        )
