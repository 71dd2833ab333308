"""Which findings of all results stand at the top of a brief, in which order, and which beside each other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from credbenefits import _validation as check
from credbenefits.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Sequence

    from credbenefits.results.parts import Finding, Parts

#: Findings at the top of a page.
MOST = 7
_UNMOVED = "weighting moves it by nothing beyond chance, so that the unweighted finding stands for it"


@dataclass(frozen=True, slots=True)
class Group:
    """Findings that state one thing: of those who answered, estimated, for several populations."""

    findings: tuple[Finding, ...]

    @property
    def shown(self) -> tuple[Finding, ...]:
        """Those that may stand at the top."""
        return tuple(finding for finding in self.findings if not finding.withheld)

    @property
    def path(self) -> tuple[str, ...]:
        """Return what they state, behind what defines the subset that they are about."""
        return self.findings[0].path


def grouped(given: Sequence[Parts]) -> list[Group]:
    """Set findings with one key beside each other, each once; a subset stands behind what defines it."""
    forbidden = {whom: why for parts in given for whom, why in parts.withheld.items()}
    unmoved = {each for parts in given for each in parts.unmoved}
    found: dict[Hashable, list[Finding]] = {}
    said: set[object] = set()
    for parts in given:
        for finding in parts.findings:
            # A result that is given twice says nothing more.
            own = (finding.key, finding.sentence, finding.details)
            if own in said:
                continue
            said.add(own)
            why = finding.withheld or (forbidden.get(finding.population, "") if finding.weighted else "")
            found.setdefault(finding.key, []).append(replace(finding, withheld=why))
    groups = [
        Group(tuple(sorted(_unweighted_first(some, unmoved), key=lambda f: f.weighted)))
        for some in found.values()
    ]
    return _after_parents(groups)


def _unweighted_first(
    findings: Sequence[Finding], unmoved: Collection[tuple[str, Hashable]]
) -> list[Finding]:
    """Withhold what weighting moved by nothing beyond chance, where the unweighted finding may stand."""
    if not any(not each.weighted and not each.withheld for each in findings):
        return list(findings)
    return [
        replace(each, withheld=each.withheld or _UNMOVED)
        if each.weighted and (each.population, each.key) in unmoved
        else each
        for each in findings
    ]


def _after_parents(groups: Sequence[Group]) -> list[Group]:
    """Put a finding about a subset behind the one that defines it; without one it stays where it is."""
    known = {group.path for group in groups if group.path}
    inside: dict[tuple[str, ...], list[Group]] = {}
    tops: list[Group] = []
    for group in groups:
        has_parent = len(group.path) > 1 and group.path[:-1] in known
        (inside.setdefault(group.path[:-1], []) if has_parent else tops).append(group)
    ordered: list[Group] = []

    def put(group: Group) -> None:
        ordered.append(group)
        for child in inside.pop(group.path, []) if group.path else []:
            put(child)

    for group in tops:
        put(group)
    return ordered


def ranked(groups: Sequence[Group], named: Sequence[str] | None) -> tuple[list[Group], list[Group]]:
    """Return the findings for the top, and the others; `named` are those that the user wants, in order."""
    if named is None:
        top = [group for group in groups if group.shown][:MOST]
    else:
        top = []
        for name in named:
            top.append(_called(name, groups, top))
        top = [group for group in top if group.shown]
    chosen = {id(group) for group in top}
    rest = [
        group if id(group) not in chosen else Group(tuple(f for f in group.findings if f.withheld))
        for group in groups
    ]
    return top, [group for group in rest if group.findings]


def _called(name: str, groups: Sequence[Group], taken: Sequence[Group]) -> Group:
    """Find a finding by its name: by its first one, if several have it, that is not yet chosen."""
    free = [group for group in groups if all(group is not other for other in taken)]
    places = [
        (finding.names.index(name), k)
        for k, group in enumerate(free)
        for finding in group.findings[:1]
        if name in finding.names
    ]
    if places:
        return free[min(places)[1]]
    known = list(
        dict.fromkeys(called for group in free for finding in group.findings for called in finding.names)
    )
    raise InputError(
        "findings",
        allowed="names of findings (labels or items), each once",
        value=name,
        fix=check.suggestion(name, known, "findings"),
    )


def withheld(groups: Sequence[Group]) -> list[Finding]:
    """Return what must not stand at the top."""
    return [finding for group in groups for finding in group.findings if finding.withheld]


def check_names(named: object) -> tuple[str, ...] | None:
    """Check the names of findings that a user wants at the top."""
    if named is None:
        return None
    checked = check.names("findings", named)
    if not 1 <= len(checked) <= MOST:
        raise InputError(
            "findings",
            allowed=f"one to {MOST} names",
            received=f"{len(checked)}",
            fix="Name the three to seven that matter most; all others stand below them.",
        )
    return checked


def without_weight(given: Sequence[Parts]) -> list[str]:
    """Say how many people of unweighted findings are in no weighted one."""
    stated = [each for parts in given for each in parts.stated]
    said = []
    for weighted in (each for each in stated if each.weighted):
        for plain in (each for each in stated if not each.weighted and each.people == weighted.people):
            lost = plain.size - weighted.size
            if lost > 0 and set(plain.keys) & set(weighted.keys):
                are, they_have = ("is", "it has") if lost == 1 else ("are", "they have")
                said.append(
                    f"{lost:,} of the {plain.size:,} {plain.people} {are} in no weighted share: "
                    f"{they_have} no weight, or {are} not in its data."
                )
    return list(dict.fromkeys(said))
