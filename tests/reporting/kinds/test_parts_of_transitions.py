"""What change between two waves gives to a brief: both shares of the same people, the change, and who moved."""

import pandas as pd
import polars as pl
import pytest

import credbenefits as cb
from code_waves import code_waves, link
from credbenefits.reporting.kinds import transitions
from credbenefits.results.parts import Parts, StudyWords
from parts_text import PLAIN, cautions, check, everything, findings, rows, said, table

WORK = cb.Item("job", label="full-time work")
WORDS = StudyWords(
    labels={"start": "the start", "site": "hospital"},
    level_labels={"site": {"n": "Hill Road"}, "q": {"u": "never"}},
)


def frames(cells, *, silent=(0, 0, 0)):
    """Two waves of people from {(first, second): how many}, and how many are silent in the first, second, both."""
    pairs = [pair for pair, n in cells.items() for _ in range(n)]
    lost = [(None, "yes"), ("yes", None), (None, None)]
    pairs += [pair for pair, n in zip(lost, silent, strict=True) for _ in range(n)]
    first, second = zip(*pairs, strict=True)
    ids = range(len(pairs))
    return (
        pd.DataFrame(
            {
                "id": ids,
                "job": first,
                "w": 1.0,
                "site": ["n", "s"] * (len(pairs) // 2) + ["n"] * (len(pairs) % 2),
            }
        ),
        pd.DataFrame({"id": ids, "job": second}),
    )


def panel_of(cells, **silent):
    first, second = frames(cells, **silent)
    return cb.link_waves({"start": first, "completion": second}, on="id")


#: 255 of 412 said yes in the first wave, 264 in the second.
CELLS = {("yes", "yes"): 224, ("yes", "no"): 31, ("no", "yes"): 40, ("no", "no"): 117}


@pytest.fixture(scope="module")
def panel():
    return panel_of(CELLS, silent=(4, 8, 1))


def parts(result, words=PLAIN):
    return check(transitions.parts(result, words))


def test_a_change_is_a_sentence_of_the_same_people(panel):
    made = parts(cb.transitions(panel, WORK, people="nurses"), WORDS)
    assert findings(made) == [
        "Of the 412 nurses who answered in both waves, 61.9% (255) reported full-time work in “the start” and "
        "64.1% (264) in “completion”: a change of +2.2 points that chance alone may explain (95% interval −1.8 to "
        "+6.2). 40 went from no to yes and 31 from yes to no."
    ]
    (finding,) = made.findings
    assert (finding.base, finding.unit, finding.withheld) == (412, "points", "")
    assert finding.names == ("change in full-time work", "full-time work", "job")
    (dot,) = finding.dots
    assert (dot.label, dot.note, dot.base) == (
        "change in full-time work, “the start” to “completion”",
        "61.9% to 64.1% of 412",
        412,
    )
    assert (dot.estimate, dot.low < 0 < dot.high) == (pytest.approx(9 / 412), True)
    assert said(made.notes[0]) == (
        "13 of the 425 nurses who were found in both waves are not in the change in full-time work: 4 answered "
        "only in “completion”, 8 answered only in “the start”, 1 answered in neither."
    )


def test_a_change_beyond_chance_is_stated_plainly():
    made = parts(cb.transitions(panel_of({("yes", "yes"): 30, ("no", "yes"): 40, ("no", "no"): 30}), WORK))
    assert "a change of +40 points (95% interval +3" in findings(made)[0]
    assert "chance" not in findings(made)[0]


def test_tables_show_both_waves_who_changed_and_who_went_where(panel):
    made = parts(cb.transitions(panel, WORK), WORDS)
    assert rows(table(made, "The same people in “the start” and in “completion”")) == [
        ("full-time work", "255 of 412 (61.9%)", "264 of 412 (64.1%)", "+2.2 (−1.8 to +6.2)")
    ]
    assert rows(table(made, "Who gave another answer in “completion” than in “the start”")) == [
        ("full-time work", "412", "17.2% (13.9% to 21.2%)", "82.8% (78.8% to 86.1%)")
    ]
    flows = table(made, "Answers of the same people")
    assert flows.base == 157
    assert rows(flows) == [
        ("full-time work", "yes", "yes", "224", "54% (50% to 59%)", "of 255: 88%"),
        ("full-time work", "yes", "no", "31", "8% (5% to 10%)", "of 255: 12%"),
        ("full-time work", "no", "yes", "40", "10% (7% to 13%)", "of 157: 25%"),
        ("full-time work", "no", "no", "117", "28% (24% to 33%)", "of 157: 75%"),
    ]
    assert made.stated[0].size == 412
    assert made.stated[0].people == "people who answered in both waves"
    assert made.stated[0].keys == (made.findings[0].key,)
    assert len(cautions(made, "Change between waves")) == 1
    assert "does not show what caused it" in cautions(made, "Change between waves")[0]
    frame = made.files["changes"]
    assert frame.columns[:5].tolist() == ["question", "first_wave", "second_wave", "group", "population"]


def test_tables_of_two_questions_in_the_same_waves_can_be_one():
    first, second = frames(CELLS)
    waves = {"a": first.assign(more=first["job"]), "b": second.assign(more=second["job"])}
    linked = cb.link_waves(waves, on="id")
    one, two = (parts(cb.transitions(linked, item)) for item in ("job", "more"))
    for left, right in zip(one.tables, two.tables, strict=True):
        assert (left.section, left.caption, left.header) == (right.section, right.caption, right.header)
    assert one.findings[0].key != two.findings[0].key
    assert not set(one.files["changes"].columns) ^ set(two.files["changes"].columns)


def test_groups_are_one_finding_with_a_line_and_an_arrow_for_each(panel):
    made = parts(cb.transitions(panel, WORK, by="site", people="nurses"), WORDS)
    assert findings(made) == [
        "Of the 412 nurses who answered in both waves, the share who reported full-time work changed from “the "
        "start” to “completion” as follows, by hospital (95% intervals of the change)."
    ]
    assert [said(line) for line in made.findings[0].details] == [
        "Hill Road: 62.1% (128 of 206) in “the start”, 64.1% (132 of 206) in “completion”: +1.9 points (from "
        "unrounded shares; −3.8 to +7.7).",
        "s: 61.7% (127 of 206) in “the start”, 64.1% (132 of 206) in “completion”: +2.4 points (−3.3 to +8.1).",
    ]
    assert [dot.label for dot in made.findings[0].dots] == ["Hill Road", "s"]
    assert table(made, "The same people").header[:2] == ("Reported", "hospital")
    assert len(table(made, "Answers of the same people").rows) == 8


def test_a_group_of_nobody_has_no_number():
    first, second = frames({("yes", "yes"): 20, ("no", "no"): 20})
    first["site"] = ["n"] * 40
    first.loc[40:, "site"] = "s"
    lost = pd.DataFrame({"id": [900, 901], "job": ["yes", "no"], "w": 1.0, "site": ["s", "s"]})
    waves = {
        "a": pd.concat([first, lost]),
        "b": pd.concat([second, pd.DataFrame({"id": [900, 901], "job": [None] * 2})]),
    }
    result = cb.transitions(cb.link_waves(waves, on="id"), WORK, by="site")
    made = parts(result)
    assert said(made.findings[0].details[1]) == "s: nobody answered in both waves."
    assert rows(table(made, "The same people"))[1][2:] == ("no answers", "no answers", "–")
    assert len(made.findings[0].dots) == 1
    assert made.findings[0].withheld == ""


def test_answers_of_a_question_are_one_finding():
    cells = {("u", "u"): 40, ("u", "v"): 20, ("v", "w"): 10, ("w", "u"): 30}
    first, second = (frame.rename(columns={"job": "q"}) for frame in frames(cells))
    linked = cb.link_waves({"one": first, "two": second}, on="id")
    made = parts(cb.transitions(linked, cb.Item("q", each_level=True, label="how often")), WORDS)
    assert findings(made) == [
        "Of the 100 people who answered in both waves, 60% (60) gave another answer about how often in “two” than "
        "in “one”; the share of each answer changed as follows (95% intervals of the change)."
    ]
    lines = [said(line) for line in made.findings[0].details]
    assert lines[0].startswith("never: 60% (60) in “one”, 70% (70) in “two”: +10 points (")
    assert lines[1].startswith("v: 10% (10) in “one”, 20% (20) in “two”: +10 points (")
    assert lines[2].startswith("w: 30% (30) in “one”, 10% (10) in “two”: −20 points (")
    flows = table(made, "Answers of the same people")
    assert len(flows.rows) == 4
    assert said(flows.after[0]) == "Pairs of answers that nobody gave are not listed."
    assert table(made, "The same people").whole == (
        ("how often", (0.6, 0.1, 0.3)),
        ("how often", (0.7, 0.2, 0.1)),
    )


def test_many_answers_in_many_groups_are_in_the_tables_alone():
    ids = range(300)
    first = pd.DataFrame({"id": ids, "q": [f"a{k % 7}" for k in ids], "site": [f"s{k % 5}" for k in ids]})
    linked = cb.link_waves({"one": first, "two": first[["id", "q"]]}, on="id")
    made = parts(cb.transitions(linked, cb.Item("q", each_level=True), by="site"))
    assert made.findings[0].details == made.findings[0].dots == ()
    assert "as listed under “Change between waves”" in findings(made)[0]
    assert len(table(made, "The same people").rows) == 35


def test_weighted_change_is_an_estimate_and_pairs_with_the_unweighted_one(panel):
    plain = parts(cb.transitions(panel, WORK, people="nurses"))
    weighted = parts(cb.transitions(panel, WORK, people="nurses", weights={"start": "w"}))
    assert plain.findings[0].key == weighted.findings[0].key
    assert (plain.findings[0].weighted, weighted.findings[0].weighted) == (False, True)
    assert findings(weighted)[0].startswith(
        "Estimated for the population that the weights stand for: 61.9% (unweighted 255 of 412) reported"
    )
    assert weighted.stated[0].what == "weighted change in “full-time work” between “start” and “completion”"
    assert all(", weighted" in one.caption for one in weighted.tables)
    assert "on Kish's effective sample size" in weighted.methods[0]


@pytest.mark.filterwarnings("ignore::credbenefits.errors.DataWarning")
def test_doubtful_links_are_corrected_for_or_said_to_matter():
    waves = code_waves(400, returners=150, error=0.1)
    for k, (name, frame) in enumerate(waves.items()):
        waves[name] = frame.assign(job=["yes" if (n + k) % 3 else "no" for n in range(len(frame))])
    linked = link(waves)
    result = cb.transitions(linked, WORK)
    assert result.match_probability < 1
    made = parts(result)
    assert findings(made)[0].startswith("Corrected for false links: of the 150 people who answered in both ")
    assert "as linked)" in findings(made)[0]
    assert "As linked, " in findings(made)[0]
    (doubt,) = cautions(made, "Links are not certain")
    assert doubt.endswith(
        "expected to be of two different people; the change that this adds is taken out on average."
    )
    assert (
        made.methods[1] == "Change is corrected for false links by their match probabilities (Chambers 2009)."
    )
    ignored = parts(cb.transitions(linked, WORK, linkage_error="ignore"))
    (doubt,) = cautions(ignored, "Links are not certain")
    assert doubt.endswith("this is not corrected for, so that change looks larger than it is.")
    assert "corrected" not in findings(ignored)[0]


def test_keys_leave_no_doubt(panel):
    assert cautions(parts(cb.transitions(panel, WORK)), "Links are not certain") == []


def test_small_bases_lead_with_their_counts():
    made = parts(
        cb.transitions(
            panel_of({("yes", "yes"): 8, ("no", "yes"): 1, ("no", "no"): 3}), WORK, people="nurses"
        )
    )
    assert findings(made)[0].startswith(
        "Of the 12 nurses who answered in both waves, 8 of 12 (67%) reported full-time work in “start” and 9 of 12 "
        "(75%) in “completion”: a change of +8 points that chance alone may explain"
    )
    assert cautions(made, "Small bases") == [
        "change in full-time work (12 in both waves)",
        "Quote counts, not percentages.",
    ]


def test_one_person_reads_as_one():
    made = parts(cb.transitions(panel_of({("no", "yes"): 1}), WORK, people="nurses"))
    assert findings(made)[0].startswith(
        "Of the one person among the nurses who answered in both waves, 0 of 1 (0%) reported full-time work in "
        "“start” and 1 of 1 (100%) in “completion”: a change of +100 points"
    )


def test_without_degrees_of_freedom_there_is_no_interval_and_no_finding_at_the_top():
    first, second = frames({("yes", "yes"): 20, ("no", "yes"): 10, ("no", "no"): 10})
    linked = cb.link_waves({"a": first.assign(ward=["x"] * 20 + ["y"] * 20), "b": second}, on="id")
    result = cb.transitions(linked, WORK, by="site", design=cb.SurveyDesign(clusters="ward"))
    made = parts(result)
    assert made.stated[0].design == "clusters"
    for change in result["net_change"]:
        if change.conf_low != change.conf_low:
            assert made.findings[0].withheld


def test_a_subset_is_named_as_the_base(panel):
    among = cb.Item("site", yes="n", label="work at Hill Road")
    made = parts(cb.transitions(panel, WORK, among=among, people="nurses"))
    assert findings(made)[0].startswith(
        "Of the 206 nurses who reported work at Hill Road and answered in both waves, "
    )
    assert made.findings[0].key != parts(cb.transitions(panel, WORK, people="nurses")).findings[0].key


def test_picked_rows_give_their_tables_alone(panel):
    result = cb.transitions(panel, WORK)
    shares = parts(result["share"])
    assert shares.findings == shares.figures == ()
    assert [one.caption[:7] for one in shares.tables] == ["Answers"]
    changes = parts(result["net_change"])
    assert [one.caption[:15] for one in changes.tables] == ["The same people"]
    assert len(changes.findings) == 1
    nothing = transitions.parts(result._picked([]), PLAIN)
    assert nothing == Parts(names=dict.fromkeys(("start", "completion", "job"), ()))


@pytest.mark.parametrize("name", ["<b>", "=1+1", "two\nlines", "{x} {}", "who answered in a and b", "50%"])
def test_hostile_names_are_text(name):
    first, second = frames({("yes", "yes"): 20, ("no", "yes"): 10, ("no", "no"): 10})
    first["site"] = [name, "s"] * 20
    linked = cb.link_waves({name: first, "b": second}, on="id")
    item = cb.Item("job", label=name)
    for options in ({}, {"by": "site"}, {"by": ["site", "w"]}):
        made = parts(cb.transitions(linked, item, people="nurses", **options))
        assert f"“{name}”" in findings(made)[0]
        assert findings(made)[0].startswith("Of the 40 nurses who answered in both waves, ")


def test_polars_waves_give_the_same_parts():
    made = []
    for kind in (lambda frame: frame, pl.from_pandas):
        first, second = map(kind, frames(CELLS))
        made.append(parts(cb.transitions(cb.link_waves({"a": first, "b": second}, on="id"), WORK, by="site")))
    assert everything(made[0]) == everything(made[1])
    pd.testing.assert_frame_equal(made[0].files["changes"], made[1].files["changes"])


def test_the_figure_is_told_in_numbers(panel):
    (figure,) = parts(cb.transitions(panel, WORK), WORDS).figures
    assert figure.alt == (
        "Shares of the same people in “the start” and in “completion”, an arrow from one to the other. full-time "
        "work: 61.9% (255) to 64.1% (264), +2.2 points (95% interval −1.8 to +6.2)."
    )
