"""Waves of self-generated codes with errors, whose true persons are known."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pandas as pd
import pyarrow as pa

import credbenefits as cb
from credbenefits.errors import DataWarning

ELEMENTS = ["mother", "father", "month", "day", "siblings", "birthplace", "surname", "house"]
ORDERED = ["month", "day", "siblings", "house"]
LETTERS = list("ABCDEFGHJKLMNPRSTW")
_WEIGHTS = np.linspace(3, 0.3, len(LETTERS))
_PAIRS = [a + b for a in LETTERS[:16] for b in "AEIOUN"]
CHOICES = {
    "mother": (_PAIRS, np.linspace(4, 0.2, len(_PAIRS))),  # NA among them
    "father": (LETTERS, _WEIGHTS),
    "month": ([f"{i:02d}" for i in range(1, 13)], np.ones(12)),
    "day": ([f"{i:02d}" for i in range(1, 32)], np.ones(31)),
    "siblings": ([str(i) for i in range(6)], np.array([42, 32, 15, 6, 3, 2.0])),
    "birthplace": (LETTERS, _WEIGHTS[::-1]),
    "surname": (LETTERS, np.roll(_WEIGHTS, 5)),
    "house": ([str(i) for i in range(10)], np.ones(10)),
}


def code_waves(n=1500, *, returners=500, newcomers=80, error=0.03, blank=0.02, waves=2, seed=1):
    """Waves of codes with the true person in `pid`: later waves hold returners and newcomers, who err."""
    rng = np.random.default_rng(seed)
    total = n + newcomers * (waves - 1)
    chance = {e: np.array(w) / np.sum(w) for e, (_, w) in CHOICES.items()}
    people = {e: rng.choice(len(v), total, p=chance[e]) for e, (v, _) in CHOICES.items()}
    out = {}
    for k in range(waves):
        fresh = np.arange(n + newcomers * (k - 1), n + newcomers * k) if k else np.arange(0)
        who = np.concatenate([rng.choice(n, returners if k else n, replace=False), fresh])
        columns = {"pid": who}
        for e, (values, _) in CHOICES.items():
            code = people[e][who].copy()
            wrong = (rng.random(who.size) < error) & (k > 0)
            code[wrong] = rng.choice(len(values), wrong.sum(), p=chance[e])
            column = np.array(values, dtype=object)[code]
            column[rng.random(who.size) < blank] = None
            columns[e] = column
        out[f"w{k + 1}"] = pd.DataFrame(columns)
    return out


def link(waves, **options):
    """Link without the warning that nobody was found: small examples often have none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return cb.link_waves(waves, **{"on": ELEMENTS, "method": "code", "ordered": ORDERED, **options})


def pids(panel, waves):
    """True persons of the linked rows, one line per link."""
    found = panel.links
    sides = [
        [waves[w]["pid"].iloc[r] for w, r in zip(found[wave], found[row], strict=True)]
        for wave, row in (("linked_wave", "linked_row"), ("wave", "row"))
    ]
    return np.array(sides).T.reshape(-1, 2)


def links(panel):
    return {((r.linked_wave, r.linked_row), (r.wave, r.row)) for r in panel.as_pandas("links").itertuples()}


def quality(panel, waves):
    found = pids(panel, waves)
    right = (found[:, 0] == found[:, 1]).sum()
    shared = sum(len(set(a["pid"]) & set(b["pid"])) for a, b in itertools.combinations(waves.values(), 2))
    return right / max(len(found), 1), right / max(shared, 1)


def nw_column(frame, name):
    return pd.Series(frame[name].to_numpy() if not isinstance(frame, pa.Table) else frame[name].to_pylist())


def check_account(panel, waves):
    ledger = panel.ledger
    parts = ledger[["excluded", "no_key", "duplicates", "unlinked", "linked"]]
    assert (parts.sum(axis=1) == ledger["rows"]).all()
    assert ledger["rows"].tolist() == [len(f) for f in waves.values()]
    assert len(panel.duplicates) == ledger["duplicates"].sum()
    assert len(panel.unlinked) == ledger["unlinked"].sum()
    for wave in waves:
        assert nw_column(panel.wave(wave), "person").is_unique
    linked = panel.links[["wave", "row"]].drop_duplicates()
    assert not linked.merge(panel.unlinked[["wave", "row"]], on=["wave", "row"]).size
