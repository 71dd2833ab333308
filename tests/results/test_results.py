"""Results: as frames, in print, in a notebook, frozen, pickled and copied."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits import Item

EVIL = "<script>alert('x')</script> & \"quoted\""
LEAD = ["item", "level"]
BROOM = [
    "estimate",
    "std_error",
    "conf_low",
    "conf_high",
    "count",
    "n",
    "n_missing",
    "n_effective",
    "deff",
    "method",
    "flags",
]
KINDS = ["n_not_asked", "n_refused", "n_skipped", "n_code", "n_blank"]
OWN = ["bound", "df", *KINDS, "response_rate", "label", "base", "estimate_unweighted"]


def study():
    """Two waves in which everything that can be named has a name that tries to break out of HTML."""
    n = 60
    start = pd.DataFrame(
        {"id": range(n), EVIL: [EVIL, "plain", "other"] * (n // 3), "age": ["a", "b"] * (n // 2)}
    )
    later = pd.DataFrame(
        {
            "id": range(0, n, 2),
            "q": [1, 0, 1, 0, 0] * (n // 10),
            f"q {EVIL}": [EVIL, "no"] * (n // 4),
        }
    )
    return cb.link_waves({"start": start, f"later {EVIL}": later}, on="id")


@pytest.fixture(scope="module")
def results():
    panel = study()
    later = panel.wave_names[1]
    weights = cb.attrition_weights(panel, EVIL, check="age", wave=later, to="start", population=EVIL)
    data = panel.wave(later, carry={"start": [EVIL]})
    group = f"{EVIL}_start"
    items = ["q", Item(f"q {EVIL}", yes=EVIL, label=EVIL)]
    return {
        "proportions": cb.proportions(data, items, by=group, people=EVIL),
        "among": cb.proportions(data, "q", among=items[1], weights=weights, people=EVIL),
        "bootstrap": cb.proportions(
            data, "q", method="bootstrap", bootstrap=cb.Bootstrap(n_resamples=100, rng=None), people=EVIL
        ),
        "none": cb.proportions(data.assign(q=0), "q", people=EVIL),
        "comparison": cb.compare_groups(data, items, by=group, people=EVIL, weights=weights),
        "panel": panel,
        "flow": panel.flow(invited={"start": 100}),
        "patterns": panel.patterns(),
        "weights": weights,
        "steps": weights.steps,
        "balance": weights.balance,
    }


ALL = [
    "proportions",
    "among",
    "bootstrap",
    "none",
    "comparison",
    "panel",
    "flow",
    "patterns",
    "weights",
    "steps",
    "balance",
]
each = pytest.mark.parametrize("name", ALL)


def simple(**options):
    data = pd.DataFrame(
        {
            "improved": ["yes"] * 40 + ["no"] * 80,
            "how": ["yes"] * 12 + ["no"] * 28 + [None] * 80,
            "role": ["a", "b", "c"] * 40,
            "year": [1, 2] * 60,
        }
    )
    return cb.proportions(data, "how", among=Item("improved", label="a better job"), **options)


# ---- frames ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [None, "role", ["year", "role"]])
def test_columns_of_proportions(by):
    frame = simple(by=by).to_frame()
    groups = [by] if isinstance(by, str) else by or []
    assert list(frame.columns) == [*LEAD, *groups, *BROOM, *OWN]
    for name in (
        "estimate",
        "std_error",
        "conf_low",
        "conf_high",
        "n_effective",
        "deff",
        "bound",
        "df",
        "response_rate",
    ):
        assert frame[name].dtype == np.float64
    for name in ("count", "n", "n_missing"):
        assert frame[name].dtype == np.int64
    for name in ("item", "level", *groups, "method", "flags", "label", "base"):
        assert pd.api.types.is_string_dtype(frame[name])
    assert frame.index.equals(pd.RangeIndex(len(frame)))


def test_proportions_are_proportions():
    frame = simple(by=["year", "role"]).to_frame()
    for name in ("estimate", "conf_low", "conf_high", "std_error"):
        assert frame[name].between(0, 1).all()


@pytest.mark.parametrize("taken", [*LEAD, *BROOM, *OWN])
def test_a_group_cannot_hide_a_column_of_the_result(taken):
    data = pd.DataFrame({"q": [1, 0] * 20, taken: ["a", "b", "b", "a"] * 10})
    with pytest.raises(cb.errors.InputError, match=f"`by`.*'{taken}'"):
        cb.proportions(data, "q", by=["q", taken])
    assert len(cb.compare_groups(data, "q", by=taken, adjust="none").rows) == 1


def test_columns_of_comparisons():
    data = pd.DataFrame({"q": [1, 0, 0] * 40, "g": ["a", "b"] * 60})
    frame = cb.compare_groups(data, "q", by="g").to_frame()
    assert list(frame.columns) == [
        "item",
        "level",
        "group",
        "reference",
        "comparison",
        "estimate",
        "std_error",
        "conf_low",
        "conf_high",
        "test",
        "df",
        "p_value",
        "p_adjusted",
        "estimate_group",
        "estimate_reference",
        "count",
        "n",
        "count_reference",
        "n_reference",
        "n_effective",
        "n_effective_reference",
        "n_missing",
        "n_missing_reference",
        "response_rate",
        "response_rate_reference",
        *KINDS,
        *(f"{kind}_reference" for kind in KINDS),
        "method",
        "flags",
        "label",
        "base",
    ]
    for name in ("count", "n", "count_reference", "n_reference"):
        assert frame[name].dtype == np.int64
    for name in ("estimate", "conf_low", "conf_high", "p_value", "p_adjusted", "n_effective"):
        assert frame[name].dtype == np.float64


@each
def test_frames_have_a_row_per_line_and_are_the_callers_own(results, name):
    result = results[name]
    frame = result.to_frame()
    before = frame.copy(deep=True)
    frame[frame.columns[0]] = "changed"
    frame["new"] = 1
    pd.testing.assert_frame_equal(result.to_frame(), before)


@pytest.mark.filterwarnings("ignore:.*who were asked answered")
def test_where_the_rows_went():
    data = pd.DataFrame(
        {
            "q": [1, 0, None, 1, 1, 1, 1],
            "s": [1, 1, 1, 0, None, 1, 1],
            "g": ["a", "a", "a", "a", "a", None, "b"],
            "w": [1.0, 1, 1, 1, 1, 1, 0],
        }
    )
    frame = cb.proportions(data, "q", among="s", by="g", weights="w").accounts()
    assert frame.to_dict("records") == [
        {
            "item": "q",
            "rows": 7,
            "outside_subset": 1,
            "subset_unknown": 1,
            "group_missing": 1,
            "zero_weight": 1,
            "not_asked": 0,
            "refused": 0,
            "skipped": 0,
            "code": 0,
            "blank": 1,
            "answered": 2,
        },
    ]
    parts = frame.drop(columns=["item", "rows"])
    assert (parts.sum(axis=1) == frame["rows"]).all()


def test_keys_tell_what_a_number_is_about():
    plain, wald, grouped = simple().rows[0], simple(method="wald").rows[0], simple(by="role").rows
    assert plain.key == wald.key
    assert len({plain.key, *(r.key for r in grouped)}) == 4
    data = pd.DataFrame({"how": [1, 0]})
    assert cb.proportions(data, "how").rows[0].key != plain.key


# ---- print ---------------------------------------------------------------------------------------------------


def test_print_says_who_and_of_how_many():
    text = repr(simple(people="follow-up respondents", by="role"))
    assert text.startswith("Proportions of follow-up respondents (95% intervals)\n")
    header, *lines = text.splitlines()[1:]
    assert header.split() == [
        "item",
        "role",
        "estimate",
        "conf_low",
        "conf_high",
        "count",
        "n",
        "n_missing",
        "n_effective",
        "flags",
        "base",
    ]
    assert lines[0].split()[:8] == ["how", "a", "0.2857", "0.1172", "0.5465", "4", "14", "0"]
    assert "14 follow-up respondents who reported a better job (role = a)" in lines[0]
    assert all("small_base" in line for line in lines)


def test_print_says_what_nobody_and_everybody_leave_open():
    none = cb.proportions(pd.DataFrame({"q": [0] * 33}), "q", people="completers")
    assert "q: none of 33 completers; rates above 0.087 are ruled out at 95% (one-sided, exact)" in repr(none)
    everybody = cb.proportions(pd.DataFrame({"q": [1] * 33}), "q", people="completers")
    assert "q: all of 33 completers; rates below 0.913 are ruled out" in repr(everybody)


def test_print_says_that_weights_were_used():
    data = pd.DataFrame({"q": [1, 0] * 20, "w": [1.0, 2.0] * 20})
    assert repr(cb.proportions(data, "q", weights="w")).startswith("Proportions of respondents, weighted (")
    assert cb.proportions(data, "q", weights="w").weighted
    assert not cb.proportions(data, "q").weighted


def test_print_has_no_bare_percentage(results):
    for name in ("proportions", "among", "none", "comparison"):
        for line in repr(results[name]).splitlines()[1:]:
            assert "%" not in line or "at 95%" in line or "are 95% for all together" in line


@each
def test_str_is_repr_and_every_note_is_printed(results, name):
    result = results[name]
    text = repr(result)
    assert str(result) == text
    for note in getattr(result, "notes", ()):
        assert f"- {note}" in text
    assert text.splitlines()[0].strip()


# ---- notebooks -------------------------------------------------------------------------------------------------


class Tags(HTMLParser):
    """Collects tags and text, and checks that tags close in order."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.seen, self.text = [], set(), []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.add(tag)
        assert {name for name, _ in attrs} <= {"style", "scope"}

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@each
def test_html_holds_nothing_that_the_data_brought(results, name):
    html = results[name]._repr_html_()
    assert "<script" not in html
    tags = Tags()
    tags.feed(html)
    tags.close()
    assert not tags.open
    assert (
        {"table", "th", "td"}
        <= tags.seen
        <= {"table", "caption", "thead", "tbody", "tr", "th", "td", "ul", "li"}
    )
    assert "".join(tags.text).count(EVIL) == repr(results[name]).count(EVIL)


def test_the_evil_text_does_reach_every_place(results):
    for name in ("proportions", "among", "none", "comparison", "panel", "flow", "weights", "balance"):
        assert EVIL in repr(results[name]), name


# ---- frozen, pickled, copied -------------------------------------------------------------------------------------


@each
def test_results_are_frozen(results, name):
    result = results[name]
    for field in dataclasses.fields(result):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(result, field.name, None)
        with pytest.raises(dataclasses.FrozenInstanceError):
            delattr(result, field.name)
    with pytest.raises((AttributeError, TypeError)):
        result.new = 1


def test_rows_are_frozen(results):
    row = results["among"].rows[0]
    for thing in (
        row,
        row.ladder[0],
        results["among"].account[0],
        results["comparison"].rows[0],
        results["flow"].rates[0],
        results["balance"].rows[0],
        Item("q"),
    ):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(thing, dataclasses.fields(thing)[0].name, "other")
    for many in (results["among"].rows, row.ladder, row.flags, results["weights"].alerts):
        assert isinstance(many, tuple)


def test_what_weights_hand_out_does_not_change_them(results):
    weights = results["weights"]
    before = weights.values.copy(deep=True)
    frame = weights.values
    frame.loc[:, "weight"] = 0.0
    frame.loc[0, "person"] = -1
    pd.testing.assert_frame_equal(weights.values, before)
    with pytest.raises(TypeError):
        weights.recipe["trim"] = 9


def test_what_a_panel_hands_out_does_not_change_it(results):
    panel = results["panel"]
    before = panel.wave("start").copy(deep=True)
    handed = panel.wave("start")
    handed.loc[:, "age"] = "z"
    waves, presence, ledger = panel.waves, panel.presence, panel.ledger
    waves["start"]["age"] = "z"
    del waves["start"]
    presence[:] = False
    ledger["rows"] = 0
    pd.testing.assert_frame_equal(panel.wave("start"), before)
    assert panel.flow().people == (60, 30)
    assert panel.ledger["rows"].tolist() == [60, 30]


@each
@pytest.mark.parametrize(
    "again",
    [
        lambda r: pickle.loads(pickle.dumps(r)),
        copy.copy,
        copy.deepcopy,
        lambda r: pickle.loads(pickle.dumps(r, 2)),
    ],
    ids=["pickle", "copy", "deepcopy", "old pickle"],
)
def test_results_come_back_from_pickles_and_copies(results, name, again):
    back = again(results[name])
    assert type(back) is type(results[name])
    assert repr(back) == repr(results[name])
    assert back._repr_html_() == results[name]._repr_html_()
    pd.testing.assert_frame_equal(back.to_frame(), results[name].to_frame())


def test_weights_and_panels_still_work_after_a_pickle(results):
    panel, weights = pickle.loads(pickle.dumps((results["panel"], results["weights"])))
    later = panel.wave_names[1]
    row = cb.proportions(panel.wave(later), "q", weights=weights).rows[0]
    same = cb.proportions(results["panel"].wave(later), "q", weights=results["weights"]).rows[0]
    assert (row.estimate, row.conf_low, row.conf_high) == (same.estimate, same.conf_low, same.conf_high)
    assert dict(weights.recipe) == dict(results["weights"].recipe)
    with pytest.raises(TypeError):
        weights.recipe["trim"] = 9


def test_a_single_comparison_prints_that_nothing_was_adjusted():
    data = pd.DataFrame({"a": [1, 0, 0, 1] * 40, "b": [1, 0] * 80, "g": ["x", "y"] * 80})
    one = repr(cb.compare_groups(data, "a", by="g"))
    assert "- 1 comparison made; its p-value is not adjusted, its interval (newcombe) is 95%\n" in one + "\n"
    two = repr(cb.compare_groups(data, ["a", "b"], by="g"))
    assert "2 comparisons made; p-values are adjusted (holm) for all of them" in two
    # What is picked of several stays adjusted for all that were made.
    picked = repr(cb.compare_groups(data, ["a", "b"], by="g")["a"])
    assert "2 comparisons made; p-values are adjusted (holm) for all of them" in picked
