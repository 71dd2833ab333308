"""What is known of waves that were read as exports: their codebooks, and the rows that reading took out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.frames.given import Known
from credbenefits.panel.cutting.waves import Waves
from credbenefits.questions.spelling import canonical, label
from credbenefits.results.base import TableResult
from credbenefits.results.export import Codebook, Export

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from credbenefits.panel.waves import IntoWaves
    from credbenefits.questions.column import Answer

#: Codes that a warning names one by one.
_MOST_NAMED = 4


class Source(NamedTuple):
    """What is known of a wave: its codebook, and how many rows were taken out of its file."""

    codebook: Codebook
    taken_out: int


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Sourced(TableResult):
    """What a panel keeps of the exports that its waves were read from."""

    _sources: Mapping[str, Source] = field(default_factory=dict, kw_only=True)

    def codebook(self, wave: str) -> Codebook:
        """Return what the file of a wave says of its columns.

        Parameters
        ----------
        wave : str
            A wave that was given to :func:`credbenefits.link_waves` as an export.

        Raises
        ------
        InputError
            For other waves.
        """
        name = check.as_name(wave) or ""
        if name not in self._sources:
            raise InputError(
                "wave",
                allowed=f"a wave that was linked as an export ({check.listing(self._sources) or 'none was'})",
                value=wave,
                fix="Read its file with read_export(), and pass what it returns to link_waves().",
            )
        return self._sources[name].codebook


def sources_of(waves: IntoWaves) -> dict[str, Source]:
    """Return what is known of those waves that are exports."""
    pairs = waves.items() if isinstance(waves, Mapping) else waves
    return {
        check.wave_name("waves", name): Source(wave.codebook, sum(wave.taken_out.values()))
        for name, wave in pairs
        if isinstance(wave, Export)
    }


def known_values(waves: IntoWaves, sources: Mapping[str, Source]) -> Callable[[str, str], Known]:
    """Return what gives the codes that are known of a wave and its column: for no answer, and for one."""

    def known(wave: str, column: str) -> Known:
        named = waves.missing(wave) if isinstance(waves, Waves) else ()
        if wave not in sources:
            return Known(named)
        book = sources[wave].codebook
        return Known((*named, *book.no_answers(column)), book.named_answers(column))

    return known


def other_words(sources: Mapping[str, Source]) -> str:
    """Say which codes do not mean the same in all waves; empty where all do."""
    found = list(_differing(sources))
    if not found:
        return ""
    more = [f"and {len(found) - _MOST_NAMED:,} more codes"] if len(found) > _MOST_NAMED else []
    return (
        f"codes that do not mean the same in all waves: {'; '.join([*found[:_MOST_NAMED], *more])}. Waves "
        "are compared by code: recode one of them where an answer is not the same"
    )


def _differing(sources: Mapping[str, Source]) -> Iterator[str]:
    """Find the codes of columns that waves share which differ in words, or in whether they are an answer."""
    meant: dict[tuple[str, str], dict[str, Answer]] = {}
    for wave, source in sources.items():
        for column in source.codebook.columns:
            for answer in column.answers:
                meant.setdefault((column.name, canonical(answer.code)), {})[wave] = answer
    for (name, _), answers in meant.items():
        words = {canonical(answer.label) for answer in answers.values() if answer.label}
        kinds = {answer.missing is None for answer in answers.values()}
        if len(words) > 1 or len(kinds) > 1:
            said = ", ".join(f"{_called(answer)} in {wave}" for wave, answer in answers.items())
            code = label(next(iter(answers.values())).code)
            yield f"{code} of {name!r} is {said}"


def _called(answer: Answer) -> str:
    """Return what an answer is called."""
    if answer.label:
        return repr(label(answer.label))
    return "an answer without words" if answer.missing is None else "a missing code without words"
