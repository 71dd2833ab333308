"""What a panel, its flow and its patterns give to a brief: who answered, of whom, and who was not known before."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

import credbenefits as cb
from code_waves import code_waves, link
from credbenefits.reporting.kinds import panel as panels
from credbenefits.reporting.kinds import participation, patterns
from credbenefits.results.parts import StudyWords
from parts_text import PLAIN, cautions, check, everything, rows, said, table

FIFTEEN = tuple(f"w{k:02d}" for k in range(1, 16))


def ids(*ranges):
    return pd.DataFrame({"id": [k for start, stop in ranges for k in range(start, stop)]})


@pytest.fixture(scope="module")
def panel():
    """40 in spring; 30 of them and 20 others in summer; 6 of the 40, 3 of the 20 and 3 others in autumn."""
    waves = {
        "spring": ids((0, 40)),
        "summer": ids((0, 30), (100, 120)),
        "autumn": ids((0, 4), (38, 40), (100, 103), (200, 203)),
    }
    return cb.link_waves(waves, on="id")


@pytest.fixture(scope="module")
def fifteen():
    rng = np.random.default_rng(5)
    stays = np.logical_and.accumulate(rng.random((400, 15)) < 0.93, axis=1) | (rng.random((400, 15)) < 0.2)
    return cb.link_waves(
        {name: pd.DataFrame({"id": np.flatnonzero(stays[:, k])}) for k, name in enumerate(FIFTEEN)}, on="id"
    )


def lead(parts):
    return [said(text) for text in parts.lead]


# ---- the flow ------------------------------------------------------------------------------------------------------


def test_the_head_says_no_size_twice(panel):
    made = participation.parts(panel.flow(invited={"spring": 50, "summer": 200, "autumn": 50}), PLAIN)
    assert lead(made)[0] == "40 of 50 people invited answered “spring” with a usable key (80%)."
    assert not any(text.startswith("Who answered") for text in lead(made))


def test_the_head_says_who_answered_and_who_was_not_known_before(panel):
    made = check(participation.parts(panel.flow(invited={"summer": 200, "autumn": 50}), PLAIN))
    assert lead(made) == [
        "50 of 200 people invited answered “summer” with a usable key (25.0%).",
        "12 of 50 people invited answered “autumn” with a usable key (24%).",
        "Who answered, with a usable key: 40 in “spring”.",  # the others are told above
        "20 of the 50 people who answered “summer” were not known before (40%): no link leads to an earlier wave.",
        "3 of the 12 people who answered “autumn” were not known before (25%): no link leads to an earlier wave.",
    ]
    assert made.response_known
    assert made.single == "a FlowResult"
    assert cautions(made, "Participation") == [
        "30 of 40 people in “spring” are also in “summer” (75%).",
        "7 of 50 people in “summer” are also in “autumn” (14%).",
    ]
    assert cautions(made, "Volunteers") == []


def test_tables_have_a_line_per_wave_and_one_number_of_decimals(panel):
    made = check(participation.parts(panel.flow(invited={"summer": 200, "autumn": 50}), PLAIN))
    assert rows(table(made, "Participation funnel")) == [
        ("spring", "40", "–", "not stated"),
        ("summer", "50", "30", "200"),
        ("autumn", "12", "9", "50"),
    ]
    rates = table(made, "Response rates, with 95% intervals")
    assert (rates.base, rates.header[1]) == (40, "Of those invited")
    assert rows(rates)[1] == (
        "autumn",
        "12 of 50 people invited: 24% (14% to 37%)",
        "7 of 50: 14% (7% to 26%)",
        "4 of 40: 10% (4% to 23%)",
        "6 of 40: 15% (7% to 29%)",
    )
    assert any("How many were invited to “spring”" in said(text) for text in made.tables[0].after)
    assert list(made.files) == ["participation"]


def test_without_invitations_there_is_no_column_and_the_rate_is_not_known(panel):
    made = check(participation.parts(panel.flow(), PLAIN))
    assert table(made, "Participation funnel").header == ("Wave", "People", "Linked to an earlier wave")
    assert not made.response_known
    assert len(made.lead) == 3
    with_invited = participation.parts(panel.flow(invited={"summer": 200}), PLAIN)
    for one, two in zip(made.tables, with_invited.tables, strict=True):
        assert one.key == two.key != ""
        assert len(one.header) < len(two.header)  # the one that says more is shown


def test_volunteers_are_called_so(panel):
    made = check(participation.parts(panel.flow(invited={"summer": 2000}), PLAIN))
    assert cautions(made, "Volunteers") == [
        "Fewer than one in ten of those invited answered “summer”. Treat those who did as volunteers: they may "
        "differ from the rest in ways that nobody measured."
    ]


def test_silent_people_of_a_list_are_no_invitations():
    waves = {
        "list": pd.DataFrame({"id": range(40), "said": [1] * 10 + [None] * 30}),
        "later": ids((0, 8)),
    }
    panel = cb.link_waves(waves, on="id", answered={"list": "said"})
    made = check(participation.parts(panel.flow(), StudyWords(labels={"list": "the register"})))
    assert lead(made)[0] == (
        "10 of 40 people in “the register” who were asked answered “the register” with a usable key (25%)."
    )
    assert table(made, "Response rates").header[1] == "Of those asked"


def test_the_study_names_its_waves(panel):
    words = StudyWords(labels={"spring": "the start", "summer": "spring", "autumn": "one year on"})
    made = check(participation.parts(panel.flow(invited={"summer": 200}), words))
    assert lead(made)[0].endswith("answered “spring” with a usable key (25.0%).")
    assert cautions(made, "Participation")[0] == "30 of 40 people in “the start” are also in “spring” (75%)."
    assert not any("summer" in line or "autumn" in line for line in everything(made))
    same = StudyWords(labels={"spring": "x", "summer": "x"})
    assert "“summer”" in lead(check(participation.parts(panel.flow(), same)))[0]


def test_the_figure_is_told_in_numbers(panel):
    (figure,) = participation.parts(panel.flow(), PLAIN).figures
    assert figure.alt == (
        "People who answered each wave. spring: 40 people; summer: 50 people, 30 of them linked to an earlier "
        "wave, 75% of the first wave found again; autumn: 12 people, 9 of them linked to an earlier wave, 15% of "
        "the first wave found again."
    )
    pytest.importorskip("matplotlib")
    assert figure.draw() is not None


def test_fifteen_waves_name_the_lowest_and_the_highest(fifteen):
    made = check(participation.parts(fifteen.flow(invited=dict.fromkeys(FIFTEEN, 500)), PLAIN))
    told = lead(made)
    assert sum("answered “" in line and "invited" in line for line in told) == 2
    assert "These are the lowest and the highest rate of 15 waves." in told
    # In the wave with the lowest share everybody was known before: "0 were not" would be said of all its people.
    assert not [line for line in told if line.startswith("0 of")]
    assert "This is the highest share of 14 waves." in told
    # The first and the last wave have the highest and the lowest rate: their sizes are told.
    assert not [line for line in told if line.startswith("Who answered")]
    assert len(told) == 5
    without = lead(participation.parts(fifteen.flow(), PLAIN))
    assert without[0].endswith("in “w15” (the first and the last of 15 waves).")
    last = fifteen.flow()["retention"].rates[-1]
    assert cautions(made, "Participation") == [
        f"{last.count:,} of {last.n:,} people in “w01” are also in “w15” ({last.estimate:.1%})."
    ]
    assert len(table(made, "Response rates").rows) == 15


def test_a_wave_of_nobody_has_no_share():
    nobody = pd.DataFrame({"id": [None, None]})
    with pytest.warns(cb.errors.DataWarning):
        panel = cb.link_waves({"a": nobody, "b": nobody, "c": nobody}, on="id")
    made = check(panels.parts(panel, PLAIN))
    assert made.lead == ()
    assert rows(table(made, "Response rates"))[0] == ("b", "nobody", "nobody", "nobody")


def test_one_person_reads_as_one():
    panel = cb.link_waves({"a": ids((0, 2)), "b": ids((1, 3))}, on="id")
    made = check(participation.parts(panel.flow(), PLAIN))
    assert lead(made) == [
        "Who answered, with a usable key: 2 in “a”, 2 in “b”.",
        "1 of the 2 people who answered “b” was not known before (50%): no link leads to an earlier wave.",
    ]
    assert cautions(made, "Participation") == ["1 of 2 people in “a” is also in “b” (50%)."]


@pytest.mark.parametrize("name", ["<b>", "=1+1", "two\nlines", "{x} {}", "50%", "“quoted”"])
def test_hostile_names_of_waves_are_text(name):
    waves = {name: ids((0, 20)), "b": ids((5, 30))}
    panel = cb.link_waves(waves, on="id")
    for words in (PLAIN, StudyWords(labels={"b": name + name})):
        check(panels.parts(panel, words))
        check(patterns.parts(panel.patterns(), words))
        made = check(participation.parts(panel.flow(invited={name: 30}), words))
        assert f"answered “{name}” with" in lead(made)[0]


# ---- the panel -----------------------------------------------------------------------------------------------------


def test_the_ledger_calls_excluded_rows_by_the_reason_of_the_study(panel):
    one = table(check(panels.parts(panel, StudyWords(excluded="trial runs"))), "Where every row went")
    two = table(check(panels.parts(panel, PLAIN)), "Where every row went")
    assert (one.header[2], two.header[2]) == ("Excluded (trial runs)", "Excluded")
    assert rows(two) == [
        ("spring", "40", "0", "0", "0", "8", "32"),
        ("summer", "50", "0", "0", "0", "17", "33"),
        ("autumn", "12", "0", "0", "0", "3", "9"),
    ]


def test_a_panel_tells_what_its_flow_does_and_how_it_was_linked(panel):
    made = check(panels.parts(panel, StudyWords(labels={"id": "staff number"})))
    flow = participation.parts(panel.flow(), PLAIN)
    assert made.lead == flow.lead
    assert made.tables[:2] == flow.tables
    assert made.methods[0] == "Waves were linked by exact keys: staff number."
    assert (made.single, made.response_known, list(made.files)) == ("a Panel", False, ["ledger"])
    assert not any("not certain" in one.topic for one in made.cautions)


def test_rows_without_a_key_are_a_caution():
    waves = {
        "a": pd.DataFrame({"id": ["1", "2", None, "anonymous"]}),
        "b": pd.DataFrame({"id": ["1", None, "4"]}),
    }
    panel = cb.link_waves(waves, on="id")
    made = check(panels.parts(panel, PLAIN))
    assert cautions(made, "Without a key") == [
        "2 of 4 rows of “a” (1 a placeholder, 1 blank)",
        "1 of 3 rows of “b”",
        "They belong to nobody known, and are not among the people.",
    ]


def test_repeat_submissions_are_noted():
    waves = {"a": pd.DataFrame({"id": [1, 1, 2], "q": [0, 1, 1]}), "b": ids((1, 3))}
    made = check(panels.parts(cb.link_waves(waves, on="id"), PLAIN))
    assert "1 repeat submissions set aside, 1 of them with other answers." in [
        said(n) for n in table(made, "Where every row went").after
    ]


def test_a_panel_by_codes_tells_its_doubt():
    panel = link(code_waves(400, returners=150, error=0.08))
    made = check(panels.parts(panel, StudyWords(labels={"w1": "before", "w2": "after"})))
    assert [one.topic for one in made.cautions if "certain" in one.topic] == ["Links are not certain"]
    assert "Waves were linked by codes." in made.methods
    assert table(made, "How doubtful the links by codes are").rows
    assert [figure.name for figure in made.figures] == ["participation", "links"]


def test_polars_waves_give_the_same_parts(panel):
    frames = {name: pl.from_pandas(frame) for name, frame in panel.waves.items()}
    other = cb.link_waves(frames, on="id")
    for one, two in ((panel, other), (panel.flow(), other.flow()), (panel.patterns(), other.patterns())):
        made = [result.brief_parts(PLAIN) for result in (one, two)]
        assert everything(made[0]) == everything(made[1])
        for name, frame in made[0].files.items():
            pd.testing.assert_frame_equal(frame, made[1].files[name])


# ---- patterns ------------------------------------------------------------------------------------------------------


def test_patterns_of_few_waves_have_a_column_per_wave(panel):
    made = check(patterns.parts(panel.patterns(most=2), StudyWords(labels={"spring": "the start"})))
    (shown,) = made.tables
    assert shown.header == ("the start", "summer", "autumn", "People", "Share of 63 people")
    assert rows(shown) == [
        ("answered", "answered", "–", "26", "41%"),
        ("–", "answered", "–", "17", "27%"),
    ]
    assert said(shown.after[0]) == "5 other patterns: 20 people."
    assert len(cautions(made, "Small groups")) == 1


def test_patterns_of_fifteen_waves_are_words(fifteen):
    result = fifteen.patterns(most=3)
    (shown,) = check(patterns.parts(result, PLAIN)).tables
    assert shown.header[0] == "Pattern"
    assert rows(shown)[0][:2] == ("X" * 15, f"{result.rows[0].n:,}")
    assert "waves in order: w01, w02," in said(shown.before[0])


def test_patterns_of_nobody_have_no_table():
    nobody = pd.DataFrame({"id": [None, None]})
    with pytest.warns(cb.errors.DataWarning):
        panel = cb.link_waves({"a": nobody, "b": nobody}, on="id")
    assert patterns.parts(panel.patterns(), PLAIN).tables == ()
