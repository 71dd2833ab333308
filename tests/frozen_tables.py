"""What a call gives, as plain tables of text, whole numbers and floats, and how two of them differ."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import math
import re
import warnings
from collections.abc import Mapping
from pathlib import Path

import narwhals as nw
import numpy as np
import pandas as pd

import credbenefits as cb
from credbenefits.errors import CredbenefitsError, CredbenefitsWarning
from credbenefits.results import ProportionsResult

FROZEN = Path(__file__).parent / "golden" / "todays_tables.json.gz"
#: Longer tables are kept as a digest of what is exact in them, and the sums of what is not.
LONG = 1_000
_FLOAT = re.compile(r"-?\d+(\.\d+(e-?\d+)?|e-?\d+)")
#: A message may print a float, whose last digits another version may change.
_LAST_DIGITS = re.compile(r"(?<=\.\d{6})\d+")


def outcome(make, data):
    """Return what a call gives: tables by name, what is said around them, and its warnings; or what it raises."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            tables = tables_of(make(data))
        except CredbenefitsError as error:
            text = _LAST_DIGITS.sub("", str(error))
            return {
                "raises": plain(
                    {"error": [type(error).__name__], "argument": [error.argument], "text": [text]}
                )
            }
    said = [str(w.message) for w in caught if issubclass(w.category, CredbenefitsWarning)]
    return {**tables, "warnings": {"columns": {"text": said}}}


def tables_of(result):
    """Return every table that a result holds, by name."""
    if not hasattr(result, "to_frame"):
        return {"table": table(result)}
    found = {"table": table(result.to_frame()), "said": texts(result)}
    if hasattr(result, "accounts"):
        found["accounts"] = table(result.accounts())
    if isinstance(result, cb.Panel):
        for name in ("ledger", "links", "conflicts", "duplicates", "unlinked", "no_key"):
            found[name] = table(getattr(result, name))
    if isinstance(result, cb.Weights):
        found |= _about_weights(result)
    if isinstance(result, cb.Brief):
        found |= _files(result)
    for name in ("elements", "sizes", "rates", "steps", "balance"):
        if hasattr(getattr(result, name, None), "to_frame"):
            found[name] = table(getattr(result, name).to_frame())
    if getattr(result, "replicates", None) is not None:
        found["replicates"] = table(result.replicates.to_frame())
    if hasattr(result, "procedure"):
        found["procedure"] = plain({name: [getattr(result.procedure, name)] for name in PROCEDURE})
    if isinstance(result, ProportionsResult):
        found["ladders"] = ladders(result)
    return found


def _about_weights(weights):
    alerts = [f"{alert.code}: {alert.text} {alert.remedy}" for alert in weights.alerts]
    numbers = ("n", "n_effective", "deff", "population_size", "population")
    about = {name: [getattr(weights, name)] for name in numbers}
    recipe = [json.dumps(_listed(weights.recipe))]
    return {"about": plain(about), "alerts": plain({"text": alerts}), "recipe": plain({"json": recipe})}


def _files(brief):
    """The text of a brief and its tables; figures are pictures."""
    found = {"brief.md": plain({"line": brief.to_markdown().splitlines()})}
    for name, page in brief.files().items():
        if name.endswith(".csv"):
            head, *rows = csv.reader(page.decode("utf-8-sig").splitlines())
            columns = zip(*rows, strict=True)
            found[name] = plain({n: [_number(v) for v in c] for n, c in zip(head, columns, strict=True)})
    return found


def _number(text):
    """The float that a field of a file holds, or its text."""
    return float(text) if _FLOAT.fullmatch(text) else text


def _listed(recipe):
    """A recipe without what it holds read-only."""
    if isinstance(recipe, Mapping):
        return {str(name): _listed(part) for name, part in recipe.items()}
    if isinstance(recipe, (tuple, list, np.ndarray)):
        return [_listed(part) for part in recipe]
    return _value(recipe)


PROCEDURE = ("method", "variance", "strata", "clusters", "finite_population", "replicates", "replicate_kind")


def ladders(result):
    """The account of each row's subset, and what the row's numbers are about."""
    steps = [" > ".join(f"{rung.words} {rung.n}/{rung.of}" for rung in row.ladder) for row in result.rows]
    kinds = [", ".join(f"{kind} {n}" for kind, n in row.missing) for row in result.rows]
    answers = ["; ".join(row.counts_as_yes) for row in result.rows]
    return plain({"ladder": steps, "missing": kinds, "yes": answers})


def texts(result):
    """Title and notes as printed, without the rounded numbers of the table between them."""
    title, *lines = repr(result).splitlines()
    return plain({"text": [title, *(line for line in lines if line.startswith("- "))]})


def table(frame):
    """A data frame of any kind as plain columns."""
    if not hasattr(frame, "columns"):
        frame = pd.DataFrame(frame)
    return plain(nw.from_native(frame, eager_only=True).to_dict(as_series=False))


def plain(columns):
    """Columns of text, whole numbers, floats and None; long ones as a digest, or their sums."""
    values = {name: [_value(v) for v in column] for name, column in columns.items()}
    for name, column in values.items():
        if any(isinstance(v, str) for v in column):
            values[name] = [None if isinstance(v, float) and math.isnan(v) else v for v in column]
    if max(map(len, values.values()), default=0) > LONG:
        return {"columns": {name: _digest(column) for name, column in values.items()}}
    return {"columns": values}


def _value(value):
    value = value.item() if isinstance(value, np.generic) else value
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    return value if isinstance(value, (bool, int, float)) else str(value)


def _digest(column):
    if any(isinstance(v, float) for v in column):
        known = [v for v in column if v is not None and not math.isnan(v)]
        return [len(column), len(known), math.fsum(known), math.fsum(v * v for v in known)]
    return [len(column), hashlib.sha256(json.dumps(column).encode()).hexdigest()]


def load():
    return json.loads(gzip.decompress(FROZEN.read_bytes()))


def save(outcomes):
    """Write outcomes, the same bytes for the same tables; floats as Python writes them, so bit for bit."""
    text = json.dumps(outcomes, indent=0, ensure_ascii=True)
    FROZEN.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def differences(before, now, tolerance):
    """Return every cell that differs: text and whole numbers at all, floats by more than the tolerance.

    The tolerance is relative, and a tenth of it absolute, for limits and differences that are nearly 0. P-values
    are as small as they are: for them it is relative alone, but at least 1e-11.
    """
    found = []
    for name in dict.fromkeys([*before, *now]):
        if name not in before or name not in now:
            found.append(f"{name}: {'new' if name in now else 'gone'}")
            continue
        old, new = before[name]["columns"], now[name]["columns"]
        if list(old) != list(new):
            found.append(f"{name}: columns {list(old)}, now {list(new)}")
        for column in (c for c in old if c in new):
            most = (max(tolerance, 1e-11), 0.0) if column.startswith("p_") else (tolerance, tolerance / 10)
            found += [f"{name}, {column}{words}" for words in _cells(old[column], new[column], most)]
    return found


def _cells(old, new, most):
    if len(old) != len(new):
        yield f": {len(old)} rows, now {len(new)}: {[v for v in new if v not in old][:3]}"
        return
    for row, (a, b) in enumerate(zip(old, new, strict=True)):
        if type(a) is not type(b) or (a != b and not (isinstance(a, float) and _near(a, b, *most))):
            yield f"[{row}]: {a!r}, now {b!r}"


def _near(a, b, relative, absolute):
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return math.isfinite(a) and math.isfinite(b) and abs(a - b) <= absolute + relative * abs(a)
