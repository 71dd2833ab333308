"""response_rates: of panels and of counts, by group, weighted, over days of field, and over waves."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits.errors import InputError
from credbenefits.numerics.response.rates import DISPOSITIONS, FORMULAS
from credbenefits.stats import proportion_interval

NAMES = {name: name for name in DISPOSITIONS}


@pytest.fixture
def frames():
    rng = np.random.default_rng(8)
    n = 300
    start = pd.DataFrame({"id": range(n), "age": rng.choice(["young", "old"], n)})
    how = rng.choice(DISPOSITIONS, n, p=[0.3, 0.05, 0.1, 0.2, 0.03, 0.15, 0.07, 0.05, 0.05])
    end = pd.DataFrame(
        {"id": range(n), "how": how, "batch": rng.choice([1, 2], n), "w": rng.uniform(0.5, 3, n)}
    )
    end["day"] = np.where(np.isin(how, ["complete", "partial"]), rng.integers(1, 5, n), np.nan)
    return {"start": start, "end": end}


@pytest.fixture
def panel(frames):
    return linked(frames)


def linked(frames, **more):
    return cb.link_waves(frames, on="id", status={"end": {"column": "how", "values": NAMES}, **more})


def table(result, *columns):
    return result.to_frame().set_index(list(columns) if len(columns) > 1 else columns[0])


def test_a_panel_gives_what_its_counts_give(panel, frames):
    counts = frames["end"]["how"].value_counts().to_dict()
    whole, alone = cb.response_rates(panel), cb.response_rates(counts)
    mine = list(FORMULAS)
    columns = ["estimate", "conf_low", "conf_high", "count", "n", "definition", "numerator", "base"]
    a, b = table(whole, "rate").loc[mine, columns], table(alone, "rate").loc[mine, columns]
    pd.testing.assert_frame_equal(a, b)
    assert list(whole.to_frame()["rate"]) == [*mine, "conditional", "cumulative", "retention"]
    assert set(whole.to_frame()["wave"]) == {"end"}
    assert "wave" not in alone.to_frame()


def test_the_example_of_follow_ups():
    """METHODS 2.3: 100 of 2,300 completers answered, 2,300 of 26,000 completed."""
    n = 26_000
    start = pd.DataFrame({"id": range(n)})
    middle = pd.DataFrame({"id": range(n), "how": ["complete"] * 2300 + ["refused"] * (n - 2300)})
    end = pd.DataFrame({"id": range(2300), "how": ["complete"] * 100 + ["no_contact"] * 2200})
    status = {wave: {"column": "how", "values": NAMES} for wave in ("middle", "end")}
    panel = cb.link_waves({"start": start, "middle": middle, "end": end}, on="id", status=status)
    found = table(cb.response_rates(panel), "wave", "rate")["estimate"]
    assert found["end", "RR1"] == pytest.approx(100 / 2300)
    assert found["end", "conditional"] == pytest.approx(100 / 2300)
    assert found["middle", "RR1"] == found["middle", "conditional"] == pytest.approx(2300 / 26000)
    assert found["end", "cumulative"] == found["end", "retention"] == pytest.approx(100 / 26000)
    assert round(found["end", "cumulative"], 4) == 0.0038


def test_cumulative_is_the_product_of_all_stages():
    rng = np.random.default_rng(4)
    waves, status = {}, {}
    inside = np.arange(400)
    for name in ("a", "b", "c"):
        how = rng.choice(["complete", "partial", "refused", "unknown"], inside.size)
        waves[name] = pd.DataFrame({"id": inside, "how": how})
        status[name] = {"column": "how", "values": NAMES}
        inside = inside[np.isin(how, ["complete", "partial"])]
    found = table(cb.response_rates(cb.link_waves(waves, on="id", status=status)), "wave", "rate")
    stages = [found.loc[("a", "RR2"), "estimate"], *(found.loc[(w, "conditional"), "estimate"] for w in "bc")]
    assert found.loc[("c", "cumulative"), "estimate"] == pytest.approx(np.prod(stages))
    assert found.loc[("c", "cumulative"), "n"] == 400
    assert found.loc[("c", "cumulative"), "base"].startswith("people asked in “a”")


def test_who_could_not_be_asked_is_in_no_base_of_several_waves():
    start = pd.DataFrame({"id": range(10)})
    end = pd.DataFrame(
        {
            "id": range(9),
            "how": ["complete"] * 4 + ["refused", "ineligible", "ineligible", "not_invited", "unknown"],
        }
    )
    found = table(cb.response_rates(linked({"start": start, "end": end})), "rate")
    # 10 of the start, less 2 who left the population and 1 who was not invited; 9 has no row: counted as asked.
    assert found.loc[["conditional", "cumulative", "retention"], "n"].tolist() == [7, 7, 7]
    assert found.loc[["conditional", "cumulative", "retention"], "count"].tolist() == [4, 4, 4]


def test_groups_are_panels_of_their_own(panel, frames):
    by_batch = cb.response_rates(panel, by="batch")
    by_age = cb.response_rates(panel, by={"start": "age"})
    for result, column, values in (
        (by_batch, "batch", frames["end"]["batch"].astype(str)),
        (by_age, "age_start", frames["start"]["age"]),
    ):
        assert result.by == (column,)
        for value in values.unique():
            counts = frames["end"]["how"][values == value].value_counts().to_dict()
            alone = table(cb.response_rates(counts), "rate")
            mine = result.to_frame().query(f"{column} == @value").set_index("rate")
            numbers = ["estimate", "conf_low", "conf_high", "count", "n"]
            pd.testing.assert_frame_equal(
                mine.loc[list(FORMULAS), numbers], alone.loc[list(FORMULAS), numbers]
            )
    both = cb.response_rates(panel, by=["batch", cb.Item("w", at_least=1.5, label="heavy")], definition="RR1")
    assert len(both) == 4
    assert sum(row.count for row in both) == (frames["end"]["how"] == "complete").sum()


def test_people_without_a_group_are_told(frames):
    frames["end"].loc[:6, "batch"] = np.nan
    result = cb.response_rates(linked(frames), by="batch", definition="RR1")
    assert "7 people have no value in batch: in no group" in result.notes
    assert sum(row.n for row in result) < (~frames["end"]["how"].isin(["ineligible", "not_invited"])).sum()


def test_e_is_given_or_that_of_the_group(panel, frames):
    how = frames["end"]["how"]
    eligible = ~how.isin(["unknown", "ineligible", "not_invited"])
    n_unknown, n_outside = (how == "unknown").sum(), (how == "ineligible").sum()
    e = eligible.sum() / (eligible.sum() + n_outside)
    [row] = cb.response_rates(panel, definition="RR3").rows
    assert row.n == pytest.approx(eligible.sum() + e * n_unknown)
    assert row.definition == f"AAPOR RR3 (2023), e = {e:.4f} (as among those of whom it is known)"
    [given] = cb.response_rates(panel, definition="RR3", e=0.5).rows
    assert given.n == eligible.sum() + 0.5 * n_unknown
    assert given.definition == "AAPOR RR3 (2023), e = 0.5000 (given)"
    low, high = proportion_interval(given.count, given.n)
    assert (given.conf_low, given.conf_high) == pytest.approx((low, high))
    assert any(
        "takes the estimated base as if it were known" in note for note in cb.response_rates(panel).notes
    )
    for rate, other in (("RR1", 1), ("RR5", 0)):
        found = cb.response_rates(panel, definition=["RR3", rate], e=other).rows
        assert (found[0].estimate, found[0].n) == (found[1].estimate, found[1].n)


def test_the_published_weighted_example_of_outcomerate():
    """README of outcomerate 1.0.1: weights of 1.3 for six people and 2.5 for five (two decimals)."""
    code = {"I": "complete", "P": "partial", "R": "refused", "NC": "no_contact", "O": "other", "U": "unknown"}
    end = pd.DataFrame(
        {"id": range(11), "how": [code[c] for c in ["I", "P", "I", "U", "R", "I", "NC", "I", "O", "P", "U"]]}
    )
    end["w"] = [1.3] * 6 + [2.5] * 5
    panel = linked({"start": end[["id"]], "end": end})
    result = cb.response_rates(panel, weights="w", definition=["RR2", "CON1"])
    assert [round(row.estimate, 2) for row in result] == [0.50, 0.69]
    assert [(row.count, row.n) for row in result] == [(6, 11), (8, 11)]
    plain = cb.response_rates(panel, definition=["RR2", "CON1"])
    assert [round(row.estimate, 2) for row in plain] == [0.55, 0.73]


def test_weights_by_hand(panel, frames):
    end = frames["end"]
    result = cb.response_rates(panel, weights="w", by="batch", definition=["RR1", "RR3"])
    for batch in (1, 2):
        mine = end[end["batch"] == batch]
        w, how = mine["w"].to_numpy(), mine["how"].to_numpy()
        eligible, unknown = ~np.isin(how, ["unknown", "ineligible", "not_invited"]), how == "unknown"
        e = w[eligible].sum() / w[eligible | (how == "ineligible")].sum()
        share = eligible + e * unknown
        row = next(r for r in result["RR3"] if r.group == (("batch", str(batch)),))
        assert row.estimate == pytest.approx(w[how == "complete"].sum() / (w * share).sum())
        size = (w * share).sum() ** 2 / (w**2 * share).sum()
        assert (row.conf_low, row.conf_high) == pytest.approx(
            tuple(proportion_interval(row.estimate * size, size))
        )
        assert (row.count, row.n) == ((how == "complete").sum(), pytest.approx(share.sum()))
    ones = linked({**frames, "end": end.assign(w=2.0)})
    same = cb.response_rates(ones, weights="w", definition="RR3").rows[0]
    plain = cb.response_rates(ones, definition="RR3").rows[0]
    assert (same.estimate, same.conf_low, same.conf_high) == pytest.approx(
        (plain.estimate, plain.conf_low, plain.conf_high)
    )


def test_a_group_in_which_everybody_has_weight_0_has_no_rate_and_a_note(frames):
    end = frames["end"].assign(w=lambda end: (end["batch"] != 1) * 1.0)
    made = cb.response_rates(linked({**frames, "end": end}), weights="w", by="batch", definition="RR1")
    first = next(row for row in made.rows if row.group == (("batch", "1"),))
    assert np.isnan(first.estimate)
    assert first.n > 0
    assert "Everybody has weight 0 in the base of RR1 of “1”" in made.notes


def test_weights_that_not_everybody_has_are_refused(panel, frames):
    end = frames["end"].assign(w=frames["end"]["w"].where(frames["end"]["how"] == "complete"))
    with pytest.raises(InputError, match=r"whether they answered or not.*without one for"):
        cb.response_rates(linked({**frames, "end": end}), weights="w")
    made = cb.attrition_weights(panel, ["age"], wave="end", to="start")
    with pytest.raises(InputError):
        cb.response_rates(panel, weights=made)


def test_answers_over_days(panel, frames):
    end = frames["end"]
    result = cb.response_rates(panel, effort="day", definition=["RR1", "RR2"])
    asked = (~end["how"].isin(["ineligible", "not_invited"])).sum()
    for rate, who in (("RR1", ["complete"]), ("RR2", ["complete", "partial"])):
        rows = result[rate].rows
        assert [row.effort for row in rows] == ["1", "2", "3", "4"]
        counts = [(end["how"].isin(who) & (end["day"] <= day)).sum() for day in (1, 2, 3, 4)]
        assert [row.count for row in rows] == counts
        assert {row.n for row in rows} == {asked}
        [last] = cb.response_rates(panel, definition=rate).rows
        assert (rows[-1].estimate, rows[-1].conf_low) == (last.estimate, last.conf_low)
    assert [row.rate for row in cb.response_rates(panel, effort="day")] == ["RR1"] * 4
    by = cb.response_rates(panel, effort="day", by="batch", definition="RR2")
    assert len(by) == 8
    assert [r.count for r in by if r.effort == "4"] == [
        (end["how"].isin(["complete", "partial"]) & (end["batch"] == b)).sum() for b in (1, 2)
    ]


def test_days_may_be_dates_and_times(frames):
    end = frames["end"]
    stamps = pd.Timestamp("2024-05-01 10:30") + pd.to_timedelta(end["day"], unit="D")
    expected = [row.count for row in cb.response_rates(linked(frames), effort="day")]
    for day in (stamps, stamps.dt.strftime("%Y-%m-%d %H:%M"), stamps.dt.date):
        result = cb.response_rates(linked({**frames, "end": end.assign(day=day)}), effort="day")
        assert [row.effort for row in result] == ["2024-05-02", "2024-05-03", "2024-05-04", "2024-05-05"]
        assert [row.count for row in result] == expected
    words = pd.Categorical(
        end["day"].map({1: "first", 2: "second", 3: "third", 4: "last"}),
        ["first", "second", "third", "last"],
        ordered=True,
    )
    result = cb.response_rates(linked({**frames, "end": end.assign(day=words)}), effort="day")
    assert [(row.effort, row.count) for row in result] == list(
        zip(["first", "second", "third", "last"], expected, strict=True)
    )
    with pytest.raises(InputError, match="ordered categories"):
        cb.response_rates(linked({**frames, "end": end.assign(day=words.astype(object))}), effort="day")


def test_who_answered_on_no_day_is_told(frames):
    end = frames["end"]
    answered = end.index[end["how"] == "complete"]
    end.loc[answered[:3], "day"] = np.nan
    result = cb.response_rates(linked(frames), effort="day")
    assert result.rows[-1].count == len(answered) - 3
    assert (
        "3 people of “end” answered without a value in 'day': in the base of each rate, and counted at none"
        in result.notes
    )


def test_nobody_in_a_base_is_said():
    result = cb.response_rates({"unknown": 5, "not_invited": 2})
    found = table(result, "rate")
    assert found.loc["RR1", "estimate"] == 0
    assert found.loc[["RR5", "COOP1", "completion"], "estimate"].isna().all()
    assert any(note.startswith("Nobody is in the base of RR5, RR6, COOP1") for note in result.notes)
    assert any("Of nobody it is known whether they are eligible" in note for note in result.notes)
    known = cb.response_rates({"unknown": 5}, e=1, definition="RR3")
    assert not any("known whether" in note for note in known.notes)
    assert known.rows[0].estimate == 0


def test_volunteers_are_called_participants():
    few, many = {"complete": 9, "no_contact": 91}, {"complete": 10, "no_contact": 90}
    assert cb.response_rates(few).volunteers
    assert not cb.response_rates(many).volunteers
    assert cb.response_rates(many, definition="participation").volunteers


def test_the_knowledge_rate_is_shown_where_there_is_another_source(panel):
    assert "knowledge" in cb.response_rates(panel)
    assert "knowledge" not in cb.response_rates({"complete": 1})
    assert (
        cb.response_rates({"complete": 1, "not_invited": 1}, definition="knowledge").rows[0].estimate == 0.5
    )


def test_rows_without_a_key_are_told(frames):
    end = pd.concat([frames["end"], pd.DataFrame({"id": [None, None], "how": ["complete"] * 2})])
    result = cb.response_rates(linked({**frames, "end": end}))
    assert "2 rows of “end” without a usable key: in no rate" in result.notes


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"wave": "start"}, "declared how everybody ended"),
        ({"wave": "ende"}, "Did you mean 'end'"),
        ({"e": 1.2}, "from 0 to 1"),
        ({"e": True}, "from 0 to 1"),
        ({"definition": "RR7"}, "RR1"),
        ({"definition": []}, "at least one rate"),
        ({"definition": "COOP1", "effort": "day"}, "with effort="),
        ({"definition": "cumulative", "by": "batch"}, "without groups"),
        ({"by": "bacth"}, "Did you mean 'batch'"),
        ({"by": {"end": "batch"}}, "without its name"),
        ({"by": {"start": "agee"}}, "Did you mean 'age'"),
        ({"by": "id"}, "id"),
        ({"effort": "dya"}, "Did you mean 'day'"),
        ({"weights": "ww"}, "ww"),
        ({"confidence_level": 95}, "confidence_level"),
    ],
)
def test_what_cannot_be_meant_is_refused(panel, options, words):
    with pytest.raises(InputError, match=words):
        cb.response_rates(panel, **options)


@pytest.mark.parametrize(
    ("counts", "options", "words"),
    [
        ({"completes": 1}, {}, "Did you mean 'complete'"),
        ({"complete": 1.5}, {}, "whole"),
        ({"complete": -1}, {}, "whole"),
        ({}, {}, "at least one person"),
        ({"complete": 1}, {"by": "site"}, "nothing beside counts"),
        ({"complete": 1}, {"effort": "day"}, "nothing beside counts"),
        ({"complete": 1}, {"weights": "w"}, "nothing beside counts"),
        ({"complete": 1}, {"wave": "end"}, "nothing beside counts"),
        ({"complete": 1}, {"definition": "retention"}, "take a panel"),
        ([1, 2], {}, "mapping"),
    ],
)
def test_wrong_counts_are_refused(counts, options, words):
    with pytest.raises(InputError, match=words):
        cb.response_rates(counts, **options)


def test_a_panel_that_knows_nothing_is_refused(frames):
    with pytest.raises(InputError, match=r"link_waves\(status="):
        cb.response_rates(cb.link_waves(frames, on="id"))


def test_other_kinds_of_frames(panel, frames):
    expected = cb.response_rates(panel, by="batch", effort="day").to_frame()
    for kind, made in (("polars", pl.from_pandas), ("pyarrow", pa.Table.from_pandas)):
        other = cb.response_rates(
            linked({name: made(frame) for name, frame in frames.items()}), by="batch", effort="day"
        )
        assert other.frame_kind == kind
        assert other == cb.response_rates(panel, by="batch", effort="day")
        assert list(other.to_frame().to_pandas().columns) == list(expected.columns)


def test_it_prints_whole_bases_as_whole_numbers(panel):
    text = str(
        cb.response_rates({"complete": 412, "no_contact": 1876}, definition="RR1", people="completers")
    )
    assert text.splitlines()[:3] == [
        "Response rates of completers (95% intervals)",
        "rate  estimate  conf_low  conf_high  count  n      definition",
        "RR1   0.1801    0.1649    0.1963     412    2,288  AAPOR RR1 (2023)",
    ]


@settings(max_examples=20)
@given(st.data())
def test_groups_and_days_add_up(data):
    n = data.draw(st.integers(2, 30))
    draw = lambda values: data.draw(st.lists(st.sampled_from(values), min_size=n, max_size=n))  # noqa: E731
    end = pd.DataFrame(
        {"id": range(n), "how": draw(DISPOSITIONS), "site": draw("xyz"), "day": draw([1, 2, 10])}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        panel = linked({"start": end[["id"]], "end": end})
        whole = {row.rate: row for row in cb.response_rates(panel)}
        by = cb.response_rates(panel, by="site", definition=["RR1", "COOP2", "knowledge"])
        days = cb.response_rates(panel, effort="day", definition="RR2")
    for rate in ("RR1", "COOP2", "knowledge"):
        if rate in whole:
            assert sum(r.count for r in by[rate]) == whole[rate].count
            assert sum(r.n for r in by[rate]) == whole[rate].n
    counts = [row.count for row in days]
    assert counts == sorted(counts)
    assert (counts[-1] if counts else 0) == whole["RR2"].count


def test_rates_with_an_e_that_nobody_knows_say_so():
    rates = cb.response_rates({"unknown": 5}, definition=["RR1", "RR3"])
    assert rates["RR3"].rows[0].definition == "AAPOR RR3 (2023), e unknown"
    assert not any("e multiplies people" in note for note in rates.notes)
