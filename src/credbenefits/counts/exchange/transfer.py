"""Counts as JSON, which holds labels and numbers only: nothing in it is ever run."""

from __future__ import annotations

import json
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from credbenefits._typing import LonelyPsu, ReplicateKind
from credbenefits.counts.base import SMALL, Base
from credbenefits.counts.doubt import LinkDoubt
from credbenefits.counts.exchange.asked import question_data, question_of
from credbenefits.counts.exchange.parts import Part, wrong
from credbenefits.counts.exchange.table import Labels, Rows, extra_of, filled, rows_of
from credbenefits.counts.tally import EXTRA_POWERS, Axis, Share
from credbenefits.counts.units import ReplicateScale, Units
from credbenefits.errors import DataWarning, InputError
from credbenefits.frames.answers import MISSING_KINDS
from credbenefits.questions.item import Joined
from credbenefits.results.proportions import Rung

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import FloatArray, IntArray

SCHEMA = "credbenefits.counts/1"
_AXIS = ("column", "label", "answers", "read", "order", "closed", "notes", "edges")
_PLAIN = ("people", "weighted", "population", "population_size", "n_weights", "exponent")


def write(fields: Mapping[str, Any], path: str | Path | None, *, smallest: int) -> str | None:
    """Write the fields of counts to a file, or return them as text."""
    text = json.dumps(_data(fields), allow_nan=False, separators=(",", ":"))
    result = []
    if 0 < smallest < SMALL:
        result.append(f"some cells hold fewer than {SMALL} people (the smallest: {smallest})")
    axes = [*fields["grouping"], *fields["base"].among, *(a for t in fields["tallies"] for a in t.axes)]
    axes += [part for axis in axes for part in axis.parts]
    if any(0 < n < SMALL for axis in axes for _, _, n in axis.read):
        result.append(f"some answers were written in fewer than {SMALL} rows")
    if result:
        warnings.warn(
            f"counts are not anonymous: {' and '.join(result)}. Whoever knows these people may tell what "
            "they answered. Count fewer groups, or use without_units(), before you pass the file on",
            DataWarning,
            stacklevel=3,
        )
    if path is None:
        return text
    Path(path).write_text(text, encoding="utf-8")
    return None


def _data(fields: Mapping[str, Any]) -> dict[str, Any]:
    units, tallies, scale = fields["units"], fields["tallies"], fields["replicates"]
    labels = {name: fields[name] for name in _PLAIN}
    labels["groups"] = [list(group) for group in fields["groups"]]
    labels["grouping"] = [_axis_data(axis) for axis in fields["grouping"]]
    labels["units"] = _units_data(units)
    labels["base"] = _base_data(fields["base"])
    labels["replicates"] = None if scale is None else _scale_data(scale)
    labels["doubt"] = None if fields["doubt"] is None else asdict(fields["doubt"])
    products = fields["products"]
    labels["products"] = None if products is None else [_triangle(each) for each in products]
    labels["questions"] = [
        {
            "question": t.question,
            "select_all": t.select_all,
            "axes": [_axis_data(axis) for axis in t.axes],
            "cells": t.cells.tolist(),
            "extra": list(t.extra),
            "shares": [_share_data(s) for s in t.shares],
            "narrow": [[kind, g, _triangle(products)] for (kind, g), products in t.narrow.items()],
            "ungrouped": list(t.ungrouped),
        }
        for t in tallies
    ]
    return {"schema": SCHEMA, "labels": labels, "table": _table_data(rows_of(tallies), fields["weighted"])}


def _units_data(units: Units) -> dict[str, Any]:
    return {
        "names": [list(name) for name in units.names],
        "columns": list(units.columns),
        "drawn": units.drawn.tolist(),
        "population": _listed(units.population),
        "clustered": units.clustered,
        "lonely_psu": units.lonely_psu,
        "deff": units.deff,
        "dropped": units.dropped,
        "stratum": units.stratum.tolist(),
        "psu": units.psu.tolist(),
        "inner_population": _listed(units.inner_population),
        "read": [_axis_data(axis) for axis in units.read],
    }


def _scale_data(scale: ReplicateScale) -> dict[str, Any]:
    plain = {name: getattr(scale, name) for name in ("kind", "scale", "df")}
    return plain | {"rscales": scale.rscales.tolist()}


def _table_data(rows: Rows, weighted: bool) -> dict[str, Any]:
    result = {name: getattr(rows, name).tolist() for name in ("question", "unit", "group", "cell")}
    result |= {name: array.tolist() for name, array in rows.sums.items() if weighted or name[0] != "w"}
    if rows.replicate is not None:
        result["replicate"] = rows.replicate.T.tolist()
    return result


def _listed(array: FloatArray | None) -> list[float] | None:
    return None if array is None else array.tolist()


def _triangle(products: FloatArray) -> list[float]:
    """Return half of a matrix that is its own mirror image."""
    result: list[float] = products[np.tril_indices(len(products))].tolist()
    return result


def _axis_data(axis: Axis) -> dict[str, Any]:
    result = {name: getattr(axis, name) for name in _AXIS} | {"asked": question_data(axis.asked)}
    return result | {"parts": [_axis_data(part) for part in axis.parts]} if axis.parts else result


def _share_data(share: Share) -> dict[str, Any]:
    plain = {name: getattr(share, name) for name in ("label", "level", "counts_as_yes", "exclusive", "of")}
    return plain | {name: np.flatnonzero(getattr(share, name)).tolist() for name in ("yes", "base")}


def _base_data(base: Base) -> dict[str, Any]:
    return {
        "ladder": [[rung.words, rung.n, rung.of] for rung in base.ladder],
        "among": [_axis_data(axis) for axis in base.among],
        "outside": base.outside,
        "unclear": base.unclear.tolist(),
        "ungrouped": base.ungrouped,
        "weightless": base.weightless,
        "weightless_anywhere": base.weightless_anywhere,
        "within": None if base.within is None else _base_data(base.within),
    }


def read(source: str | Path) -> dict[str, Any]:
    """Return the fields of counts from a file, or from its text."""
    part = Part(_parsed(_text(source)), "")
    if not isinstance(part.value, dict) or part.value.get("schema") != SCHEMA:
        raise wrong(f"counts with the schema {SCHEMA!r}", "another schema, or none")
    labels = part["labels"]
    units = _units(labels["units"])
    groups = tuple(tuple(v.text() for v in group.listed()) for group in labels["groups"].listed())
    scale = labels["replicates"]
    weighted = labels["weighted"].flag()
    named = [_labels(question, scale) for question in labels["questions"].listed()]
    rows = _rows(part["table"], named, weighted=weighted, scale=scale.value is not None)
    limits = {"question": len(named), "unit": len(units.names), "group": len(groups)}
    for name, most in limits.items():
        _inside(getattr(rows, name), most, name)
    sizes = np.array([len(each.cells) for each in named])
    _inside(rows.cell, sizes[rows.question] if sizes.size else 0, "cell")
    return {
        "tallies": filled(named, (len(units.names), len(groups)), rows, "source"),
        "grouping": tuple(_axis(axis) for axis in labels["grouping"].listed()),
        "groups": groups,
        "units": units,
        "base": _base(labels["base"]),
        "people": labels["people"].text(),
        "weighted": weighted,
        "population": labels["population"].text(),
        "population_size": labels["population_size"].whole(),
        "n_weights": labels["n_weights"].whole(),
        "doubt": _doubt(labels["doubt"]),
        "exponent": labels["exponent"].whole(-4096, 4096),
        "replicates": None if scale.value is None else _scale(scale),
        "products": _products(labels["products"], scale),
    }


def _doubt(part: Part) -> LinkDoubt | None:
    if part.value is None:
        return None
    people = part["people"].whole(1)
    sums = [part[name].number() for name in ("false", "weight", "weight_false")]
    if not (0 <= sums[0] <= people and 0 <= sums[2] <= sums[1] and sums[1] > 0):
        raise wrong("sums of doubt about links that are possible", "others")
    return LinkDoubt(people, *sums)


def _text(source: str | Path) -> str:
    if isinstance(source, str) and source.lstrip()[:1] == "{":
        return source
    try:
        return Path(source).read_text(encoding="utf-8")
    except (OSError, ValueError, TypeError) as problem:
        raise InputError(
            "source",
            allowed="a file of counts, or its text",
            received="nothing that can be read as UTF-8 text",
            fix="Name the file that to_json() wrote.",
        ) from problem


def _parsed(text: str) -> object:
    def refuse(_: str) -> float:
        raise ValueError

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        # Of two entries of one name JSON keeps the last, in silence.
        result = dict(pairs)
        if len(result) < len(pairs):
            raise ValueError
        return result

    try:
        return json.loads(text, parse_constant=refuse, object_pairs_hook=once)
    except (ValueError, RecursionError) as problem:
        # Without the problem's own words, which may repeat what is in the file.
        kind = type(problem).__name__
    what = f"what is no JSON, or has numbers that are not finite or two entries of one name ({kind})"
    raise wrong("JSON that to_json() wrote", what)


def _axis(part: Part) -> Axis:
    read = [entry.listed() for entry in part["read"].listed()]
    if any(len(entry) != 3 for entry in read):
        raise wrong(f"entries of three at {part.where}.read", "others")
    kinds = -len(MISSING_KINDS)
    asked = question_of(part["asked"])
    parts = tuple(map(_axis, part["parts"].listed())) if isinstance(asked, Joined) else ()
    if isinstance(asked, Joined) and tuple(each.asked for each in parts) != asked.leaves:
        raise wrong(f"a column for each item at {part.where}.parts", "others")
    return Axis(
        part["column"].text(),
        part["label"].text(),
        part["answers"].texts(),
        tuple((text.text(), place.whole(kinds), rows.whole()) for text, place, rows in read),
        part["order"].texts(),
        part["closed"].flag(),
        part["notes"].texts(),
        asked,
        tuple(part["edges"].numbers().tolist()),
        parts,
    )


def _labels(part: Part, scale: Part) -> Labels:
    axes = tuple(_axis(axis) for axis in part["axes"].listed())
    rows = [row.wholes(-len(MISSING_KINDS)) for row in part["cells"].listed()]
    if any(row.size != len(axes) for row in rows):
        raise wrong(f"a place on each axis at {part.where}.cells", "others")
    cells = np.array(rows, dtype=np.int64).reshape(len(rows), len(axes))
    shares = tuple(_share(share, len(rows)) for share in part["shares"].listed())
    extra = part["extra"].texts()
    if not set(extra) <= set(EXTRA_POWERS):
        raise wrong(f"sums of linked pairs at {part.where}.extra", "others")
    ungrouped = [n.whole() for n in part["ungrouped"].listed()]
    if len(ungrouped) != 2:
        raise wrong(f"two numbers at {part.where}.ungrouped", "others")
    return Labels(
        part["question"].text(),
        axes,
        cells,
        shares,
        part["select_all"].flag(),
        extra,
        _narrow(part["narrow"], scale),
        (ungrouped[0], ungrouped[1]),
    )


def _narrow(part: Part, scale: Part) -> dict[tuple[str, int], FloatArray]:
    entries = [entry.listed() for entry in part.listed()]
    if any(len(entry) != 3 or scale.value is None for entry in entries):
        raise wrong(f"products of replicate weights at {part.where}", "others")
    return {(kind.text(), g.whole()): _mirrored(half, scale) for kind, g, half in entries}


def _products(part: Part, scale: Part) -> FloatArray | None:
    if part.value is None or scale.value is None:
        return None
    r = len(scale["rscales"].listed())
    return np.array([_mirrored(half, scale) for half in part.listed()]).reshape(-1, r, r)


def _mirrored(half: Part, scale: Part) -> FloatArray:
    """Return the matrix of which half is there, with a row for each replicate."""
    r = len(scale["rscales"].listed())
    values = half.numbers()
    # Before room is made for them: a short file may say that it has any number of replicates.
    if values.size != r * (r + 1) // 2:
        raise wrong(f"{r * (r + 1) // 2:,} numbers at {half.where}", "another number of them")
    result, below = np.zeros((r, r)), np.tril_indices(r)
    result[below] = values
    result.T[below] = values
    return result


def _share(part: Part, n_cells: int) -> Share:
    flags = {name: np.zeros(n_cells, dtype=bool) for name in ("yes", "base")}
    for name, result in flags.items():
        places = part[name].wholes()
        _inside(places, n_cells, name)
        result[places] = True
    return Share(
        part["label"].text(),
        part["level"].text(),
        part["counts_as_yes"].texts(),
        **flags,
        exclusive=part["exclusive"].flag(),
        of=part["of"].text(),
    )


def _units(part: Part) -> Units:
    population, inner = part["population"], part["inner_population"]
    return Units(
        part["stratum"].wholes(),
        part["psu"].wholes(),
        tuple(name.texts() for name in part["names"].listed()),
        part["drawn"].wholes(),
        None if population.value is None else population.numbers(),
        part["clustered"].flag(),
        part["lonely_psu"].option(LonelyPsu),
        part["columns"].texts(),
        part["deff"].maybe_number(),
        part["dropped"].flag(),
        None if inner.value is None else inner.numbers(),
        tuple(_axis(axis) for axis in part["read"].listed()),
    )


def _base(part: Part) -> Base:
    within = part["within"]
    if within.value is not None and part.where.endswith("within"):
        raise wrong(f"nothing within {part.where}", "another base")
    ladder = [rung.listed() for rung in part["ladder"].listed()]
    if any(len(rung) != 3 for rung in ladder):
        raise wrong(f"entries of three at {part.where}.ladder", "others")
    return Base(
        tuple(Rung(words.text(), n.whole(), of.whole()) for words, n, of in ladder),
        tuple(_axis(axis) for axis in part["among"].listed()),
        part["outside"].whole(),
        part["unclear"].wholes(),
        part["ungrouped"].whole(),
        part["weightless"].whole(),
        part["weightless_anywhere"].whole(),
        None if within.value is None else _base(within),
    )


def _scale(part: Part) -> ReplicateScale:
    return ReplicateScale(
        part["kind"].option(ReplicateKind),
        part["scale"].number(),
        part["rscales"].numbers(),
        part["df"].maybe_number(),
    )


def _rows(table: Part, named: Sequence[Labels], *, weighted: bool, scale: bool) -> Rows:
    question, unit, group, cell = (table[n].wholes() for n in ("question", "unit", "group", "cell"))
    people = table["people"].wholes()
    sums: dict[str, Any] = {"people": people}
    plain = people.astype(np.float64)
    sums |= {name: table[name].numbers() if weighted else plain for name in ("weight", "weight2")}
    sums |= {name: table[name].numbers() for name in extra_of(named)}
    replicate = np.array([row.numbers() for row in table["replicate"].listed()]).T if scale else None
    sizes = {len(array) for array in (question, unit, group, cell, *sums.values())}
    if len(sizes) > 1 or (replicate is not None and replicate.shape[:1] != (people.size,)):
        raise wrong("columns of one length in the table", "columns of different lengths")
    return Rows(question, unit, group, cell, sums, replicate)


def _inside(places: IntArray, most: int | IntArray, name: str) -> None:
    if (places >= most).any():
        raise wrong(f"places that there are for {name!r}", "places beyond them")
