"""What links, codes, balance and plain tables give to a brief; and that every result gives something."""

from importlib import import_module

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from code_waves import ELEMENTS, code_waves, link
from credbenefits import results
from credbenefits.reporting.kinds import balance, codes, links, tables
from credbenefits.results.base import TableResult
from credbenefits.results.parts import Parts, StudyWords
from credbenefits.results.tables import Table
from credbenefits.weighting.record import Steps
from parts_text import PLAIN, cautions, check, everything, rows, said, table

# ---- links -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def doubtful():
    return link(code_waves(400, returners=150, error=0.08)).link_summary()


def test_links_in_doubt_are_told_with_what_they_could_change(doubtful):
    made = check(
        links.parts(doubtful, StudyWords(labels={"w1": "before", "w2": "after", "month": "birth month"}))
    )
    (pair,) = doubtful.waves
    name, *texts = cautions(made, "Links are not certain")
    assert name.startswith(f"“before” and “after”: {pair.links} links, an estimated ")
    assert texts == [
        "Waves were linked by codes. The rates are estimates of the linkage's own model. A false link sets one "
        "person's answers beside another's. If 2% of the links are false, a share of everybody in both waves can be "
        "wrong by up to 2 points, and change between the waves looks larger than it is unless it is corrected."
    ]
    assert rows(table(made, "How doubtful the links by codes are"))[0][:2] == (
        "before and after",
        str(pair.links),
    )
    elements = rows(table(made, "What each element of the code tells"))
    assert [row[1] for row in elements] == [{"month": "birth month"}.get(name, name) for name in ELEMENTS]
    assert list(made.files) == ["links", "link_elements"]
    assert not any("“w1”" in line for line in everything(made))
    linked = sum(n for n, _ in doubtful.probabilities)
    assert made.figures[0].alt.startswith(f"Pairs of rows by match probability: {linked} linked, ")


def test_an_element_that_is_not_used_has_no_agreement():
    waves = {name: frame.assign(house="1") for name, frame in code_waves(300, returners=100).items()}
    made = check(links.parts(link(waves).link_summary(), PLAIN))
    (row,) = [row for row in rows(table(made, "What each element")) if row[1] == "house"]
    assert row[2:5] == ("no: the same for everybody", "–", "–")
    assert any("the same for everybody" in said(note) for note in table(made, "How doubtful").after)


def test_of_many_waves_the_worst_links_are_named():
    panel = link(code_waves(200, returners=80, waves=5, error=0.05))
    made = check(links.parts(panel.link_summary(), PLAIN))
    (caution,) = made.cautions
    assert len(caution.named) == 3
    assert caution.named[-1].endswith("; these have most false links of 10 pairs of waves")
    assert len(table(made, "How doubtful").rows) == 10
    assert [one for one in made.tables if one.key == "elements"] == []  # 80 lines: the file has them
    assert len(made.files["link_elements"]) == 80
    assert len(table(made, "How doubtful").after) <= 21


def test_links_by_keys_are_certain_and_have_no_figure():
    panel = cb.link_waves(
        {"a": pd.DataFrame({"id": range(40)}), "b": pd.DataFrame({"id": range(10, 60)})}, on="id"
    )
    made = check(links.parts(panel.link_summary(), PLAIN))
    assert made.cautions == made.figures == ()
    assert rows(table(made, "People found in each two waves, by keys")) == [
        ("a and b", "40", "50", "30", "60%")
    ]
    assert made.methods == ()  # the caption says it, and a panel says by which keys


def test_links_of_nobody():
    nobody = pd.DataFrame({"id": [None, None]})
    with pytest.warns(cb.errors.DataWarning):
        panel = cb.link_waves({"a": nobody, "b": nobody}, on="id")
    made = check(links.parts(panel.link_summary(), PLAIN))
    assert rows(made.tables[0]) == [("a and b", "0", "0", "0", "–")]
    strangers = link(code_waves(30, returners=1, newcomers=25))
    check(links.parts(strangers.link_summary(), PLAIN))


# ---- codes -----------------------------------------------------------------------------------------------


def test_a_code_tells_how_well_it_tells_people_apart():
    rng = np.random.default_rng(1)
    pilot = pd.DataFrame(
        {
            "month": rng.integers(1, 13, 400),
            "day": rng.integers(1, 29, 400),
            "siblings": rng.choice([0, 1, 2], 400),
        }
    )
    result = cb.code_information(pilot, ["month", "day", "siblings"], sizes=[400, 1000])
    made = check(codes.parts(result, StudyWords(labels={"day": "day of birth"})))
    assert [one.caption for one in made.tables] == [
        "What each element tells",
        result.sizes.title,
        result.rates.title,
    ]
    assert [row[0] for row in rows(made.tables[0])] == ["month", "day of birth", "siblings"]
    assert rows(made.tables[1])[0][0] == "400"
    assert "have it in common with another row" in said(made.tables[0].before[0])
    assert made.findings == ()


# ---- balance and plain tables ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def weights():
    start = pd.DataFrame({"id": range(300), "sex": ["f", "m", "m"] * 100, "age": ["old", "young"] * 150})
    end = pd.DataFrame({"id": [*range(0, 120, 3), *range(1, 100, 3)]})
    panel = cb.link_waves({"start": start, "end": end}, on="id")
    return cb.attrition_weights(panel, ["sex"], wave="end", to="start", check=["age"], population="starters")


def test_a_balance_alone_has_its_table_and_its_figure(weights):
    words = StudyWords(labels={"sex": "gender"}, level_labels={"sex": {"f": "women", "m": "men"}})
    made = check(balance.parts(weights.balance, words))
    (shown,) = made.tables
    assert [row[0] for row in rows(shown)] == [
        "gender: women",
        "gender: men",
        "age: old (held out)",
        "age: young (held out)",
    ]
    assert rows(shown)[0][1:4] == ("33%", "55%", "33%")
    assert shown.caption == "Respondents to end against all starters"
    assert "of what was held out," in made.figures[0].alt
    assert balance.parts(weights.balance._with_rows(()), PLAIN) == Parts()


def test_plain_tables_are_shown_as_they_print(weights):
    made = check(tables.parts(Table("A title", {"what": ["<b>", None], "n": [1, 2000]}, ("a note",)), PLAIN))
    (shown,) = made.tables
    assert rows(shown) == [("<b>", "1"), ("–", "2,000")]
    assert (shown.caption, said(shown.after[0])) == ("A title", "a note.")
    assert tables.parts(Table("A title", {"what": []}), PLAIN) == Parts(names={"what": ()})
    assert isinstance(weights.steps, Steps)
    data = pd.DataFrame({"job": ["yes"] * 20 + ["no"] * 10, "g": ["a", "b"] * 15})
    drawn = cb.proportions(
        data, "job", by="g", variance="bootstrap", bootstrap=cb.Bootstrap(n_resamples=100, rng=1, keep=True)
    )
    for result in (weights.steps, drawn.replicates, cb.count(data, "job", by="g")):
        assert check(result.brief_parts(PLAIN)).tables[0].rows


# ---- every result ----------------------------------------------------------------------------------------

ROW = "a row of a result, which is given instead"
#: Why a brief takes nothing of a class that users can hold.
REASONS = {
    **dict.fromkeys(
        (
            "GroupAttrition",
            "GroupEquivalence",
            "KnownBias",
            "LevelBias",
            "PartialIndicator",
            "Predictor",
            "VariableBias",
            "WeightEffect",
            "WeightedSet",
        ),
        ROW,
    ),
    "Account": ROW,
    "AnswerClass": ROW,
    "BalanceRow": ROW,
    "CodeElement": ROW,
    "Contrast": ROW,
    "FlowRate": ROW,
    "FunnelStep": ROW,
    "GroupAttrition": ROW,
    "GroupEquivalence": ROW,
    "KnownBias": ROW,
    "LevelBias": ROW,
    "LinkedWaves": ROW,
    "Overlap": ROW,
    "PartialIndicator": ROW,
    "Pattern": ROW,
    "Predictor": ROW,
    "Proportion": ROW,
    "ResponseRate": ROW,
    "ResponseSteps": ROW,
    "Retention": ROW,
    "Rung": ROW,
    "Transition": ROW,
    "VariableBias": ROW,
    "WeightedSet": ROW,
    "Codebook": "what a file says of its columns, which readers of a brief do not see",
    "Columns": "what a result holds",
    "Export": "a file as it was read, whose waves a panel links",
    "Waves": "frames, whose waves a panel links",
    "Procedure": "what a result holds",
    "ReplicateDifference": "four numbers that do not know what they compare: compare_groups() gives a result",
}
#: Classes without results of their own.
BASES = {"TableResult", "RowsResult", "ColumnsResult", "Sourced"}


def subclasses(of):
    for one in of.__subclasses__():
        yield one
        yield from subclasses(one)


def test_every_result_has_a_kind_or_a_reason():
    for module in ("counts.counts", "panel.panel", "weighting.weights", "weighting.record"):
        import_module(f"credbenefits.{module}")
    classes = {getattr(results, name) for name in results.__all__}
    classes |= {one for one in subclasses(TableResult) if one.__module__.startswith("credbenefits.")}
    for one in classes:
        if one.__name__ in BASES:
            continue
        kind = getattr(one, "_KIND", "")
        assert bool(kind) != (one.__name__ in REASONS), one
        if kind:
            assert callable(import_module(f"credbenefits.reporting.kinds.{kind}").parts)
    assert {one.__name__ for one in classes} >= {"Counts", "Panel", "Steps", "Weights", *REASONS}


def test_a_brief_takes_every_result(weights):
    start = pd.DataFrame({"id": range(60), "job": ["yes", "no"] * 30, "g": ["a", "b", "b"] * 20})
    panel = cb.link_waves({"start": start, "end": start.assign(job=["yes"] * 40 + ["no"] * 20)}, on="id")
    flow = panel.flow(invited={"start": 90})
    coded = link(code_waves(100, returners=50))
    waves = coded.waves["w1"]
    given = [
        cb.proportions(start, "job"),
        cb.compare_groups(start, "job", by="g"),
        cb.transitions(panel, "job", by="g"),
        weights,
        weights.balance,
        weights.steps,
        panel,
        flow,
        panel.patterns(),
        coded.link_summary(),
        coded.link_summary().elements,
        cb.code_information(waves, ["month", "day", "siblings"]),
        cb.count(start, "job", by="g"),
    ]
    for result in given:
        parts = result.brief_parts(PLAIN)
        assert isinstance(parts, Parts)
        assert parts.tables
        text = cb.brief(result, title="t", figures=False).to_markdown()
        assert parts.tables[0].caption.split("(")[0].split("_")[0][:20] in text.replace("\\", "")
    text = cb.brief(*given, title="t", figures=False).to_markdown()
    assert "nan" not in text.split()
