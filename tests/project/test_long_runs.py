"""Work that would never end is refused before it starts; what takes long shows how far it is."""

from __future__ import annotations

import sys
import types
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits import _progress
from credbenefits.errors import InputError
from credbenefits.estimators.core import refusals as _refusals
from credbenefits.estimators.core import resample as _resample
from credbenefits.numerics.proportion.interval import proportion_interval


@pytest.fixture
def clock(monkeypatch):
    """A clock that only tests move: every look at it takes `seconds`."""
    held = types.SimpleNamespace(now=100.0, seconds=0.0)

    def look():
        held.now += held.seconds
        return held.now

    monkeypatch.setattr(_progress, "time", types.SimpleNamespace(monotonic=look))
    return held


@pytest.fixture
def bars(monkeypatch):
    """Stands in for tqdm: all bars that were made."""
    made = []

    class Bar:
        def __init__(self, *, total, initial, desc, file, leave):
            self.total, self.n, self.desc, self.file, self.leave = total, initial, desc, file, leave
            self.shown, self.closed = [initial], False
            made.append(self)

        def update(self, more):
            self.n += more
            self.shown.append(self.n)

        def close(self):
            self.closed = True

    module = types.ModuleType("tqdm.auto")
    module.tqdm = Bar
    monkeypatch.setitem(sys.modules, "tqdm", types.ModuleType("tqdm"))
    monkeypatch.setitem(sys.modules, "tqdm.auto", module)
    return made


def people(n=200):
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "q": rng.integers(0, 2, n),
            "r": rng.integers(0, 2, n),
            "w": rng.uniform(1, 3, n),
            "g": np.arange(n) % 2,
            "psu": np.arange(n) % 20,
        }
    )


def bootstrap(data, items="q", *, drawn=None, **options):
    """Draw 200 replicates of seed 1; `drawn` are other arguments of Bootstrap."""
    how = cb.Bootstrap(**{"n_resamples": 200, "rng": 1} | (drawn or {}))
    options = {"weights": "w", "method": "bootstrap", "bootstrap": how, **options}
    return cb.proportions(data, items, **options)


# ---- the bar --------------------------------------------------------------------------------------------


def test_no_bar_before_two_seconds(clock, bars, capsys):
    with _progress.showing("work") as tell:
        for done in range(1, 6):
            clock.now += 0.39
            tell(done, 5)
    assert bars == []
    assert capsys.readouterr() == ("", "")


def test_a_bar_from_two_seconds_on_that_counts_all_steps(clock, bars):
    with _progress.showing("work") as tell:
        for done in range(1, 6):
            clock.now += 0.7
            tell(done, 5)
    (bar,) = bars
    assert (bar.total, bar.desc, bar.file, bar.leave) == (5, "work", sys.stderr, False)
    assert bar.shown == [3, 4, 5]
    assert bar.closed


def test_no_bar_for_what_is_done(clock, bars):
    with _progress.showing("work") as tell:
        clock.now += 10
        tell(1, 1)
    assert bars == []


def test_a_function_is_told_instead(clock, bars):
    told = []
    with _progress.showing("work", lambda *step: told.append(step)) as tell:
        clock.now += 10
        tell(1, 2)
        tell(2, 2)
    assert told == [(1, 2), (2, 2)]
    assert bars == []


@pytest.mark.parametrize("missing", ["tqdm", "stderr"])
def test_without_tqdm_or_a_console_nothing_is_shown(clock, monkeypatch, capsys, missing):
    if missing == "tqdm":
        monkeypatch.setitem(sys.modules, "tqdm", None)
        monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    else:
        monkeypatch.setattr(sys, "stderr", None)
    with _progress.showing("work") as tell:
        for done in range(1, 4):
            clock.now += 10
            tell(done, 3)
    if missing == "tqdm":
        assert capsys.readouterr().err == ""


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ValueError])
def test_the_bar_is_closed_whatever_ends_the_run(clock, bars, stop):
    def run():
        with _progress.showing("work") as tell:
            clock.now += 3
            tell(1, 9)
            raise stop

    with pytest.raises(stop):
        run()
    assert bars[0].closed


# ---- who shows it -----------------------------------------------------------------------------------------


def test_replicates_show_a_bar_over_all_turns(clock, bars, monkeypatch):
    data = people()
    by_units = {"drawn": {"batch": 20}, "design": cb.SurveyDesign(clusters="psu")}
    plain = bootstrap(data, ["q", "r"], **by_units)
    assert bars == []
    clock.seconds = 3.0
    monkeypatch.setattr(_resample, "_MOST_TOTALS", 1)  # one item a turn
    shown = bootstrap(data, ["q", "r"], **by_units)
    pd.testing.assert_frame_equal(shown.to_frame(), plain.to_frame(), rtol=0, atol=1e-12)
    (bar,) = [bar for bar in bars if bar.desc == "replicates"]
    assert (bar.total, bar.n, bar.closed) == (400, 400, True)


def test_a_function_of_ones_own_replaces_every_bar(clock, bars):
    clock.seconds, told = 3.0, []
    bootstrap(people(), ["q", "r"], drawn={"batch": 50, "progress": lambda *step: told.append(step)})
    assert told == [(50, 200), (100, 200), (150, 200), (200, 200)]
    assert bars == []


def test_replicate_weights_of_a_file_are_counted_by_its_columns():
    data, told = people(), []
    names = [f"rw{k}" for k in range(6)]
    data = data.assign(**{name: data["w"] * (1 + 0.1 * k) for k, name in enumerate(names)})
    cb.proportions(
        data,
        "q",
        weights="w",
        design=cb.SurveyDesign(replicate_weights=cb.ReplicateWeights(names, "bootstrap")),
        bootstrap=cb.Bootstrap(progress=lambda *step: told.append(step)),
    )
    assert told == [(6, 6)]


def test_ctrl_c_ends_replicates_and_leaves_nothing_behind(clock, bars, monkeypatch):
    clock.seconds = 3.0
    data = people()
    before, made = data.copy(deep=True), _resample.multipliers

    def interrupted(*args, **options):
        batches = made(*args, **options)
        for _ in range(3):
            yield next(batches)
        raise KeyboardInterrupt

    monkeypatch.setattr(_resample, "multipliers", interrupted)
    with pytest.raises(KeyboardInterrupt):
        bootstrap(data, drawn={"batch": 20})
    monkeypatch.undo()
    assert all(bar.closed for bar in bars)
    assert [bar.n for bar in bars if bar.desc == "replicates"] == [60]
    pd.testing.assert_frame_equal(data, before)
    assert bootstrap(data).rows[0].n == 200


def test_reading_and_counting_many_items_show_bars(clock, bars):
    clock.seconds = 3.0
    many = [f"q{k}" for k in range(400)]
    answers = np.random.default_rng(6).integers(0, 2, (60, 400))
    data = pd.concat([people(60).assign(unit=np.arange(60)), pd.DataFrame(answers, columns=many)], axis=1)
    cb.compare_groups(data, many, by="g", design=cb.SurveyDesign(clusters="unit"))
    assert [(bar.desc, bar.total) for bar in bars] == [("reading", 400), ("counting", 400)]
    assert all(bar.closed for bar in bars)


def test_linking_by_codes_shows_a_bar(clock, bars):
    rng = np.random.default_rng(5)
    codes = pd.DataFrame(rng.integers(0, 12, (300, 6)), columns=list("abcdef")).astype(str)
    waves = {"one": codes, "two": codes.iloc[:200]}
    plain = cb.link_waves(waves, on=list("abcdef"), method="code")
    clock.seconds = 3.0
    panel = cb.link_waves(waves, on=list("abcdef"), method="code")
    assert [(bar.desc, bar.closed) for bar in bars] == [("linking one and two", True)]
    pd.testing.assert_frame_equal(panel.links, plain.links)


def only(bars, desc):
    (bar,) = bars
    assert (bar.desc, bar.closed) == (desc, True)
    return bar


def test_linking_by_exact_keys_shows_a_bar(clock, bars):
    data = people().assign(id=np.arange(200), mail=np.arange(1_000, 1_200))
    waves = {"one": data, "two": data.head(90)}
    plain = cb.link_waves(waves, on=["id", "mail"])
    assert bars == []
    clock.seconds = 3.0
    pd.testing.assert_frame_equal(cb.link_waves(waves, on=["id", "mail"]).links, plain.links)
    bar = only(bars, "linking")
    assert bar.shown == sorted(set(bar.shown))
    assert (bar.n, bar.total) == (100, 100)


def test_reading_codes_of_one_column_shows_a_bar(clock, bars):
    rng = np.random.default_rng(5)
    codes = pd.DataFrame({"code": ["-".join(map(str, c)) for c in rng.integers(0, 12, (300, 6))]})
    waves = {"one": codes, "two": codes.iloc[:200]}
    clock.seconds = 3.0
    cb.link_waves(waves, on="code", method="code", code_format={"separator": "-"})
    assert [(bar.desc, bar.closed) for bar in bars] == [
        ("reading codes", True),
        ("linking one and two", True),
    ]
    assert bars[0].shown == [30, 60, 80, 100]


def test_weights_show_a_bar_while_the_model_is_fitted(clock, bars):
    rng = np.random.default_rng(4)
    data = people().assign(id=np.arange(200), q=rng.integers(0, 3, 200).astype(str))
    panel = cb.link_waves({"one": data, "two": data[rng.random(200) < 0.6]}, on="id")
    plain = cb.attrition_weights(panel, ["q", "g"], wave="two", to="one")
    assert bars == []
    clock.seconds = 3.0
    shown = cb.attrition_weights(panel, ["q", "g"], wave="two", to="one")
    pd.testing.assert_frame_equal(shown.values, plain.values)
    bar = only(bars, "weighting")
    assert bar.shown == sorted(set(bar.shown))
    assert (bar.n, bar.total) == (1000, 1000)
    assert (
        sum(100 < done < 1000 for done in bar.shown) > 5
    )  # covariates crossed, columns looked at, Newton steps


def test_pseudonyms_show_a_bar(clock, bars):
    clock.seconds = 3.0
    cb.pseudonymize(people().assign(id=np.arange(200)), ["id", "psu"], key="k" * 16)
    assert only(bars, "pseudonymizing").n == 200


def test_short_stages_of_a_long_run_wait_two_seconds_together(clock, bars):
    with _progress.stages():
        for stage in ("one", "two"):
            with _progress.showing(stage) as tell:
                for done in range(1, 4):
                    clock.now += 0.5
                    tell(done, 3)
    assert [bar.desc for bar in bars] == ["two"]
    clock.now += 10
    with _progress.showing("later") as tell:
        tell(1, 3)
    assert len(bars) == 1


def test_parts_make_one_run_of_steps_that_never_go_back():
    told = []
    one, two, three = _progress.parts(lambda *step: told.append(step), 2, 4, 1)
    one(1, 10)
    one(1, 1)
    two(1, 2)
    two(1, 2)
    one(1, 1)
    two(4, 4)
    three(0, 0)
    assert told == [(2, 7), (4, 7), (6, 7), (7, 7)]


# ---- what is refused --------------------------------------------------------------------------------------


def never(*args, **options):
    raise AssertionError("it was drawn")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"drawn": {"keep": True}, "weights": None},
        {"method": "bootstrap_bca"},
        {"method": "wilson", "variance": "bootstrap"},
        {"design": cb.SurveyDesign(clusters="psu")},
        {"by": "g", "totals": True},
    ],
)
def test_draws_without_end_are_refused_before_the_first(monkeypatch, options):
    monkeypatch.setattr(_resample, "multipliers", never)
    with pytest.raises(InputError) as caught:
        bootstrap(people(), **options | {"drawn": options.get("drawn", {}) | {"n_resamples": 10**9}})
    assert caught.value.argument == "bootstrap.n_resamples"
    assert "1,000,000,000 replicates, which make " in str(caught.value)
    assert "allow_long=True" in caught.value.fix


def test_the_limit_counts_units_shares_and_turns(monkeypatch):
    data = people(50)
    monkeypatch.setattr(_refusals, "_MOST_PRODUCTS", 200 * (50 + 2))
    assert bootstrap(data, ["q", "r"]).rows[0].n == 50
    for options in ({"drawn": {"n_resamples": 201}}, {"by": "g"}):  # four shares
        with pytest.raises(InputError, match="allow_long=True"):
            bootstrap(data, ["q", "r"], **options)
    # By clusters there are 20 units and two shares.
    assert (
        bootstrap(data, ["q", "r"], design=cb.SurveyDesign(clusters="psu"), drawn={"n_resamples": 400})
        .rows[0]
        .n
        == 50
    )
    monkeypatch.setattr(_resample, "_MOST_TOTALS", 1)  # one item a turn
    monkeypatch.setattr(_refusals, "_MOST_PRODUCTS", 200 * (50 + 2) - 1)
    with pytest.raises(InputError, match=r"1\.0e\+04 with 52 units and shares"):  # people have one turn
        bootstrap(data, ["q", "r"])
    with pytest.raises(InputError, match=r"1\.7e\+04 with 42 units and shares"):  # 20 units have two
        bootstrap(data, ["q", "r"], design=cb.SurveyDesign(clusters="psu"), drawn={"n_resamples": 400})


def test_whoever_insists_gets_it(monkeypatch):
    monkeypatch.setattr(_refusals, "_MOST_PRODUCTS", 1)
    data = people(50)
    with pytest.raises(InputError, match="n_resamples"):
        bootstrap(data)
    assert bootstrap(data, drawn={"allow_long": True}).rows[0].n == 50
    with pytest.raises(InputError, match="allow_long"):
        bootstrap(data, drawn={"allow_long": "yes"})


def test_what_draws_nothing_is_not_refused(monkeypatch):
    monkeypatch.setattr(_resample, "multipliers", never)
    exact = bootstrap(people(), weights=None, drawn={"n_resamples": 10**9})
    assert exact.rows[0].method == "bootstrap percentile, exact"
    assert cb.proportions(people(), "q", bootstrap=cb.Bootstrap(n_resamples=10**12)).rows[0].n == 200


def many_groups(n):
    return pd.DataFrame({"g": [f"g{k:03d}" for k in range(n)] * 4, "q": ([1, 0] * n + [0, 1] * n)})


def test_fifty_groups_are_compared_and_more_need_a_reference():
    assert cb.compare_groups(many_groups(50), "q", by="g").n_comparisons == 1225
    with pytest.raises(InputError) as caught:
        cb.compare_groups(many_groups(200), "q", by="g")
    assert caught.value.argument == "reference"
    assert "200 groups make 19,900 comparisons for each share" in str(caught.value)
    assert "allow_long=True" in caught.value.fix
    data = many_groups(51)
    assert cb.compare_groups(data, "q", by="g", reference="g007").n_comparisons == 50
    assert cb.compare_groups(data, "q", by="g", allow_long=True).n_comparisons == 1275
    with pytest.raises(InputError, match="allow_long"):
        cb.compare_groups(data, "q", by="g", allow_long=1)


def test_intervals_of_many_pairs_show_a_bar_and_are_those_of_a_few(monkeypatch):
    told = []

    @contextmanager
    def listening(what, told_=None):
        yield lambda done, total: told.append((what, done, total))

    monkeypatch.setattr("credbenefits.numerics.proportion.interval._progress.showing", listening)
    monkeypatch.setattr("credbenefits.numerics.proportion.interval._SOLVED_AT_ONCE", 40)
    n = np.arange(1, 101)
    many = proportion_interval(n // 3, n, method="mid_p")
    assert told == [("intervals", 40, 100), ("intervals", 80, 100), ("intervals", 100, 100)]
    monkeypatch.undo()
    few = proportion_interval(n // 3, n, method="mid_p")
    assert np.array_equal(many.low, few.low)
    assert np.array_equal(many.high, few.high)
