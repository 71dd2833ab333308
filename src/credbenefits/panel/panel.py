"""The panel: wave frames as they came, and who is who in them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from credbenefits import _validation as check
from credbenefits._typing import PanelTable
from credbenefits.errors import CredbenefitsError, InputError, MethodError
from credbenefits.frames.boundary import PERSON, kind_of, take, with_column
from credbenefits.frames.people import FIRST_TOKEN, IDS_PER_PANEL, TOKENS
from credbenefits.panel import account
from credbenefits.panel.dispositions import chosen
from credbenefits.panel.flow import count_patterns, flow_rates, pattern_table
from credbenefits.panel.links import (
    links_table,
    review_sample,
    with_decisions,
    with_match_probability,
)
from credbenefits.panel.matching.accept import join
from credbenefits.panel.matching.persons import KEPT
from credbenefits.panel.sources import Sourced
from credbenefits.panel.summary import evidence_summary, exact_summary
from credbenefits.panel.waves import carried, require_wave, wanted_of
from credbenefits.results.output import in_kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import (
        Axes,
        BoolArray,
        Frame,
        IntArray,
        IntoDataFrame,
        LinkMethod,
        RNGLike,
        StatusArray,
        StatusChoice,
    )
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.frames.keys.columns import KeyColumn
    from credbenefits.panel.matching.accept import Evidence
    from credbenefits.results.links import LinkSummary
    from credbenefits.results.output import DataFrame
    from credbenefits.results.tables import FlowResult, PatternsResult


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Panel(Sourced):
    """Linked waves, made by :func:`credbenefits.link_waves`.

    People have an id in the column ``person``. The ids of different panels differ (but for a probability of
    one in eight million), so that weights made for one panel do not join another by accident.
    Tables come as frames of the kind that the first wave's frame is.

    Attributes
    ----------
    wave_names : tuple of str
        The waves in order.
    key_names : tuple of str
        The keys in order of trust.
    key_columns : mapping of str to list of str, tuple of str or None
        Per wave the column of each key, or the tuple of its columns; None where the wave has none.
    token : int
        Marks this panel's person ids.
    """

    _KIND: ClassVar[str] = "panel"
    wave_names: tuple[str, ...]
    key_names: tuple[str, ...]
    token: int
    _frames: Mapping[str, NarwhalsFrame]
    _person: Mapping[str, IntArray]
    _fate: Mapping[str, IntArray]
    _conflict: Mapping[str, BoolArray]
    _keys: Mapping[str, list[IntArray]]
    key_columns: Mapping[str, list[KeyColumn]]
    _row_of: IntArray
    _evidence: Evidence | None
    _status: Mapping[str, StatusArray]
    _why: Mapping[str, IntArray]
    _key_notes: tuple[str, ...]

    @classmethod
    def _build(
        cls,
        frames: Mapping[str, NarwhalsFrame],
        *,
        person: Mapping[str, IntArray],
        fate: Mapping[str, IntArray],
        conflict: Mapping[str, BoolArray],
        keys: Mapping[str, list[IntArray]],
        key_names: tuple[str, ...],
        key_columns: Mapping[str, list[KeyColumn]],
        mark: int,
        evidence: Evidence | None = None,
        status: Mapping[str, StatusArray],
        why: Mapping[str, IntArray] | None = None,
        key_notes: tuple[str, ...] = (),
    ) -> Panel:
        n_people = max((int(p.max(initial=-1)) for p in person.values()), default=-1) + 1
        row_of = np.full((n_people, len(frames)), -1, dtype=np.int64)
        for place, name in enumerate(frames):
            kept = np.flatnonzero(fate[name] == KEPT)
            row_of[person[name][kept], place] = kept
        # The keys too: other people linked in the very same way are still another panel.
        named = zlib.crc32("|".join(frames).encode(), mark)
        digest = zlib.crc32(np.ascontiguousarray(row_of).tobytes(), named)
        panel = cls(
            tuple(frames),
            key_names,
            FIRST_TOKEN + digest % TOKENS,
            frames,
            person,
            fate,
            conflict,
            keys,
            key_columns,
            row_of,
            evidence,
            status,
            why or {},
            key_notes,
            frame_kind=kind_of(next(iter(frames.values()))),
        )
        panel._check()
        return panel

    def _check(self) -> None:
        for counts in account.counts(self._rows):
            parts = sum(n for what, n in counts.items() if what not in {"wave", "rows"})
            if parts != counts["rows"]:  # pragma: no cover - a bug of ours, not of the data
                raise CredbenefitsError(f"the ledger does not add up:\n{self.ledger}")

    # ---- who is where -------------------------------------------------------------------------

    @property
    def n_people(self) -> int:
        """People with a usable key, over all waves."""
        return int(self._row_of.shape[0])

    @property
    def method(self) -> LinkMethod:
        """How people were linked, as `link_waves` was told; links by ``"exact"`` keys are in no doubt."""
        return "exact" if self._evidence is None else self._evidence.method

    @property
    def presence(self) -> BoolArray:
        """Array of shape (people, waves): who answered which wave."""
        return account.presence(self._rows)

    @property
    def waves(self) -> dict[str, Frame]:
        """The wave frames as they came, as copies."""
        return {name: frame.clone().to_native() for name, frame in self._frames.items()}

    def people_in(
        self, wave: str, *, status: StatusChoice | Sequence[StatusChoice] | None = None
    ) -> IntArray:
        """Return the ids of the people who answered a wave, or of others in it, in the order of their rows.

        `status` chooses as in :meth:`wave`.
        """
        return self._ids(self._people(self._place(wave, "wave"), status))

    def _people(self, place: int, status: object, also_in: Sequence[int] = ()) -> IntArray:
        wave = self.wave_names[place]
        codes = chosen(status, wave, declared=wave in self._status)
        return account.people(self._rows, wave, codes, also_in)

    def columns_of(self, wave: str) -> list[str]:
        """Return the columns of a wave."""
        return list(self._frames[self.wave_names[self._place(wave, "wave")]].columns)

    def _ids(self, people: IntArray) -> IntArray:
        return people + self.token * IDS_PER_PANEL

    def _place(self, wave: object, argument: str) -> int:
        return self.wave_names.index(require_wave(wave, self.wave_names, argument))

    # ---- the account of rows --------------------------------------------------------------------

    @property
    def _rows(self) -> account.Rows:
        return account.Rows(
            self._frames,
            self._person,
            self._fate,
            self._conflict,
            self._row_of,
            self._status,
            self._why,
            self.key_columns,
            self.token * IDS_PER_PANEL,
            {name: source.taken_out for name, source in self._sources.items()},
        )

    @property
    def ledger(self) -> Frame:
        """Where every row went: rows = excluded + no_key + duplicates + unlinked + linked.

        Where `status` or `answered` was stated, people who did not answer stand in a column ``no_answer`` of
        their own. ``linked`` and ``unlinked`` count people who answered. Where a wave is an export, rows that
        reading took out of its file are ``taken_out``.
        """
        return in_kind(self.frame_kind, self.as_pandas("ledger"))

    @property
    def dispositions(self) -> Frame:
        """How the people of each wave ended in it: the columns after ``people`` add up to them.

        Everybody in a wave of which nothing was said counts as complete.
        """
        return in_kind(self.frame_kind, self.as_pandas("dispositions"))

    @property
    def status(self) -> dict[str, StatusArray]:
        """Per wave of which it was declared how everybody ended in it: the place of each in ``Disposition``.

        In the order of ``people_in(wave, status="everybody")``.
        """
        return account.status_of_people(self._rows)

    @property
    def no_key(self) -> Frame:
        """Rows without a key, and why: blank, a placeholder, damaged by a spreadsheet, or shared."""
        return in_kind(self.frame_kind, self.as_pandas("no_key"))

    @property
    def links(self) -> Frame:
        """One line per person and pair of waves: the rows that were linked, and by what.

        ``key`` is the most trusted key in which the two rows agree; ``(indirect)`` when they agree
        only through a third row of the same person; ``(decision)`` for pairs accepted by hand.
        ``match_probability`` is 1 for exact keys and decisions, and for indirect links the product
        along the best chain of links. ``match_weight`` (bits of evidence) and ``disagreements``
        (code elements that do not agree) belong to the pair itself.
        """
        return in_kind(self.frame_kind, self.as_pandas("links"))

    def as_pandas(self, name: PanelTable) -> DataFrame:
        """Return a table of the account as a pandas frame, whatever the frames of the waves are.

        Parameters
        ----------
        name : {"ledger", "dispositions", "no_key", "links", "unlinked", "duplicates", "conflicts"}
            Which: the attribute of that name is the same table in the kind of the first wave's frame.
        """
        check.choice("name", name, PanelTable)
        if name == "links":
            keys = self.key_names, self._keys
            table = links_table(self.wave_names, self._row_of, self._evidence, keys)
            return table.assign(**{PERSON: self._ids(table[PERSON].to_numpy())})
        made: DataFrame = getattr(account, name)(self._rows)
        return made

    @property
    def unlinked(self) -> Frame:
        """People found in one wave only, and whether contradicting keys are the reason."""
        return in_kind(self.frame_kind, self.as_pandas("unlinked"))

    @property
    def duplicates(self) -> Frame:
        """Repeat submissions set aside: their row, the row kept, and whether the answers differ.

        Keys and columns that are different in every row (response ids, time stamps) are no answers.
        """
        return in_kind(self.frame_kind, self.as_pandas("duplicates"))

    @property
    def conflicts(self) -> Frame:
        """Rows whose keys contradict each other.

        With exact keys: rows with a key that belongs to several people told apart by a more
        trusted key. With codes: both rows of each link that was refused because it contradicts a
        more probable one (a person would have two rows in a wave).
        """
        return in_kind(self.frame_kind, self.as_pandas("conflicts"))

    # ---- how good the links are -----------------------------------------------------------------

    def link_summary(self) -> LinkSummary:
        """Return how many were linked and how well: estimated false links, recall, and the evidence."""
        result = (
            exact_summary(self.wave_names, self._row_of >= 0, self._notes())
            if self._evidence is None
            else evidence_summary(
                self._evidence,
                self.as_pandas("links"),
                self._row_of >= 0,
                self._fate,
                notes=self._notes(),
            )
        )
        kind = self.frame_kind
        return replace(result, elements=replace(result.elements, frame_kind=kind), frame_kind=kind)

    def review(self, n: int = 100, *, rng: RNGLike = None) -> Frame:
        """Draw pairs of rows for somebody to judge: those nearest to the threshold.

        Parameters
        ----------
        n : int
            How many pairs; half of them linked and half not, where there are so many.
        rng : int, Generator or None
            For the same sample again.

        Returns
        -------
        data frame
            Of the kind of the first wave's frame. One line per pair with the keys side by side, which
            makes it as confidential as the data. Write ``accept`` or ``reject`` into the column
            ``decision``, leave it blank where you cannot tell, and hand the frame to
            :meth:`with_decisions`. It may go through a file: ``review.to_csv(...)`` and back.
        """
        size = check.whole_number("n", n, least=1)
        drawn = review_sample(self._likely("review"), self._frames, self.key_columns, n=size, rng=rng)
        return in_kind(self.frame_kind, drawn)

    def with_decisions(self, decisions: IntoDataFrame) -> Panel:
        """Return the panel as it is after pairs were judged by hand.

        Accepted pairs are linked and rejected ones are not, whatever their probability; the rule
        decides about what is left. Nobody gets two rows in a wave. An accepted pair counts as
        certain; all other probabilities stay those of the model.

        Parameters
        ----------
        decisions : data frame
            From :meth:`review`, with the column ``decision`` filled in.

        Raises
        ------
        InputError
            For decisions on other data, a word other than accept and reject, two accepted partners
            of one row, or decisions that contradict each other through a third row.
        """
        evidence, people = join(with_decisions(self._likely("decisions"), decisions))
        if any((pair.refused & (pair.decided > 0)).any() for pair in evidence.pairs):
            raise InputError(
                "decisions",
                allowed="decisions that fit together",
                received="some that give a "
                "person two rows in a wave, or join a rejected pair through a third row",
                fix="Look at accepted pairs that share a row.",
            )
        made = Panel._build(
            self._frames,
            person=people.person,
            fate=self._fate,
            conflict=people.conflict,
            keys=self._keys,
            key_names=self.key_names,
            key_columns=self.key_columns,
            mark=evidence.mark,
            evidence=evidence,
            status=self._status,
            why=self._why,
        )
        return replace(made, _sources=self._sources)

    def plot_links(self, ax: Axes | None = None) -> Axes:
        """Draw how many pairs have which match probability; returns the matplotlib Axes.

        Without `ax` the axes are new, as in ``ProportionsResult.plot``.
        """
        return self.link_summary().plot(ax=ax)

    def _likely(self, argument: str) -> Evidence:
        if self._evidence is None:
            raise MethodError(
                argument,
                allowed="a panel linked by codes or names",
                received="exact keys",
                fix="Exact links have no probability to judge; see .conflicts.",
            )
        return self._evidence

    # ---- what people ask of it ------------------------------------------------------------------

    def wave(
        self,
        name: str,
        *,
        carry: Mapping[str, str | Sequence[str]] | None = None,
        also_in: str | Sequence[str] | None = None,
        status: StatusChoice | Sequence[StatusChoice] | None = None,
    ) -> Frame:
        """Return a wave's rows, one per person, with columns carried over from other waves.

        Parameters
        ----------
        name : str
            The wave.
        carry : mapping of wave to column or list of columns, optional
            Columns to bring from other waves, as ``"<column>_<wave>"``; missing for people who
            are not in that wave.
        also_in : str or list of str, optional
            Keep only people who are in these waves too.
        status : str or list of str, optional
            Whose rows, by disposition (see ``status`` of `link_waves`): one, several, or ``"everybody"``. By
            default of the people who answered, ``["complete", "partial"]``.

        Returns
        -------
        data frame
            Of the wave's own kind, in the order of its rows, with the column ``person`` first. Where links
            with the waves of `carry` and `also_in` are in doubt, the column ``match_probability`` follows.
            Repeat submissions, rows without a key, excluded rows and, unless `status` asks for them,
            people who did not answer are not in it (see ``ledger``).

        Raises
        ------
        InputError
            For an unknown wave, column or disposition, or a carried name that the wave already has.
        """
        place, linked = self._place(name, "name"), check.wave_names("also_in", also_in)
        name = self.wave_names[place]
        people = self._people(place, status, [self._place(w, "also_in") for w in linked])
        bring = wanted_of(carry, name, self.wave_names)
        frame, ids = take(self._frames[name], self._row_of[people, place]), self._ids(people)
        if self._evidence is not None:
            frame = with_match_probability(
                frame, self.as_pandas("links"), ids, wave=name, others={*linked, *bring}
            )
        frame = with_column(frame, PERSON, ids)
        for other, columns in bring.items():
            rows = self._row_of[:, self._place(other, "carry")]
            there = np.flatnonzero(rows >= 0)
            source, ids = (self._frames[other], other), self._ids(there)
            frame = carried(frame, source, columns, rows=rows[there], ids=ids)
        return frame.to_native()

    def flow(self, *, invited: Mapping[str, int] | None = None, confidence_level: float = 0.95) -> FlowResult:
        """Return how many answered each wave, which share of whom they are, and who is found again.

        Parameters
        ----------
        invited : mapping of wave to int, optional
            How many people were invited to a wave (or could have answered it). It is not needed where
            `link_waves` was told the ``status`` of people: then the wave rate is of those who were asked,
            without people who were ineligible or not invited, who are in the base of no rate of the wave.
            Where neither is known there is no wave rate.
        confidence_level : float
            Level of the Wilson intervals.
        """
        asked = check.by_wave("invited", invited, example="{'start': 26000}")
        for wave in asked:
            self._place(wave, "invited")
        patterns = count_patterns(self.presence, account.outside(self._rows))
        listed = account.declared(self._rows)
        made = flow_rates(self.wave_names, patterns, asked, confidence_level, listed=listed)
        return replace(made, frame_kind=self.frame_kind)

    def patterns(self, *, most: int = 10) -> PatternsResult:
        """Return the patterns of answering (X answered, . did not) from the largest on, with their people.

        At most so many (`most`) are printed one by one, and the others as one row; the frame has all.
        """
        shown = check.whole_number("most", most, least=1)
        made = pattern_table(self.wave_names, count_patterns(self.presence), shown)
        return replace(made, frame_kind=self.frame_kind)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the participation flow; returns the matplotlib Axes.

        Without `ax` the axes are new, as in ``ProportionsResult.plot``.
        """
        return self.flow().plot(ax=ax)

    def _title(self) -> str:
        exact = self._evidence is None
        by = ", then ".join(self.key_names) if exact else f"{len(self.key_names)} answers, by probability"
        return f"Panel of {self.n_people:,} people in {len(self.wave_names)} waves, linked on {by}"

    def _columns(self) -> dict[str, list[Any]]:
        return {str(k): list(v) for k, v in self.as_pandas("ledger").to_dict("list").items()}

    def _notes(self) -> tuple[str, ...]:
        exact = "a key that belongs to several people"
        likely = "a link that contradicts a more probable one"
        result = account.notes(self._rows, conflict=exact if self._evidence is None else likely)
        return (*self._key_notes, *result)


def require_panel(panel: object) -> None:
    """Refuse what is no panel."""
    if not isinstance(panel, Panel):
        raise InputError(
            "panel",
            allowed="a Panel made by link_waves()",
            received=type(panel).__name__,
            fix="Link the waves first.",
        )
