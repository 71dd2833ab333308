"""Select-all questions as survey tools export them: read rightly, or refused with what to say."""

from __future__ import annotations

import pandas as pd
import pytest

import credbenefits as cb
from credbenefits import Item, SelectAll
from credbenefits.errors import InputError

pytestmark = pytest.mark.filterwarnings("ignore:.*who were asked answered")

BONUS, ABROAD = "Better pay, or a bonus", "A new job, abroad"
QUALTRICS = (
    [BONUS] * 6
    + [f"{BONUS},Skills"] * 7
    + ["Skills"] * 8
    + [f"Skills,{ABROAD}"] * 5
    + [ABROAD] * 3
    + [None] * 5
)
GOOGLE = ["Books, articles, Videos"] * 9 + ["Videos"] * 5 + ["Books, articles"] * 4 + ["Podcasts, Videos"] * 4
KOBO = ["pay skills", "skills", "pay", "none", None, "abroad pay"] * 5
MICROSOFT = ["Pay;Skills;", "Skills;", "Pay;", "Abroad, or moved;Pay;", None] * 5


def of_text(texts, **options):
    rows = cb.proportions(pd.DataFrame({"q": texts}), SelectAll("q", **options)).rows
    return {r.level: (r.count, r.n) for r in rows}


def of_block(columns, **options):
    rows = cb.proportions(pd.DataFrame(columns), SelectAll(list(columns), **options)).rows
    return {r.level: (r.count, r.n) for r in rows}


@pytest.mark.parametrize(
    ("texts", "options", "expected"),
    [
        (
            QUALTRICS,
            {"choices": [BONUS, "Skills", ABROAD]},
            {BONUS: (13, 29), "Skills": (20, 29), ABROAD: (8, 29)},
        ),
        (["1,2", "2", "1", "3,1", None], {}, {"1": (3, 4), "2": (2, 4), "3": (1, 4)}),
        (["1,2", "2", "-99", "3,1", None], {"missing": -99}, {"1": (2, 3), "2": (2, 3), "3": (1, 3)}),
        (
            GOOGLE,
            {"choices": ["Books, articles", "Videos", "Podcasts"]},
            {"Books, articles": (13, 22), "Videos": (18, 22), "Podcasts": (4, 22)},
        ),
        (
            ["Pay, Skills", "Skills", "Pay", "None of the above"],
            {"none_of_these": "None of the above"},
            {"Pay": (2, 4), "Skills": (2, 4)},
        ),
        (
            KOBO,
            {"separator": " ", "none_of_these": "none"},
            {"abroad": (5, 25), "pay": (15, 25), "skills": (10, 25)},
        ),
        (
            KOBO,
            {"choices": ["pay", "skills", "abroad"], "none_of_these": "none"},
            {"pay": (15, 25), "skills": (10, 25), "abroad": (5, 25)},
        ),
        (
            ["New skills", "Pay", "New colleagues", "Better pay"],
            {},
            dict.fromkeys(("New skills", "Pay", "New colleagues", "Better pay"), (1, 4)),
        ),
        (MICROSOFT, {}, {"Abroad, or moved": (5, 20), "Pay": (15, 20), "Skills": (10, 20)}),
        (["Pay;", "Pay;", None], {}, {"Pay": (2, 2)}),
        (["• Pay\n• Skills", "• Skills", "• Pay"], {}, {"• Pay": (2, 3), "• Skills": (2, 3)}),
        (["Pay<br>Skills", "Skills", "Pay"], {"separator": "<br>"}, {"Pay": (2, 3), "Skills": (2, 3)}),
        (
            ["Pay + Skills", "Skills", "Pay"],
            {"choices": ["Pay", "Skills"]},
            {"Pay": (2, 3), "Skills": (2, 3)},
        ),
    ],
)
def test_text_exports_are_read(texts, options, expected):
    assert of_text(texts, **options) == expected


@pytest.mark.parametrize(
    ("texts", "options", "words"),
    [
        (QUALTRICS, {}, [f"choices=['{ABROAD}', '{BONUS}', 'Skills']"]),
        (GOOGLE, {}, ["choices=['Books, articles', 'Podcasts', 'Videos']"]),
        (KOBO, {}, ["' ' in 10 rows", "separator=' '"]),
        (["1 2", "2", "1", "3 1"], {}, ["separator=' '"]),
        (["1 2", "2", "1", "99"], {"separator": " "}, ["missing=['99']"]),
        (["Pay + Skills", "Skills", "Pay"], {}, ["separator='+'"]),
        (["Pay<br>Skills", "Skills", "Pay"], {}, ["separator='<br>'"]),
        (["Pay;Skills;", "Pay;because a; b;", "Skills;"], {"choices": ["Pay", "Skills"]}, ["'because a; b'"]),
    ],
)
def test_text_exports_in_doubt_say_what_to_declare(texts, options, words):
    with pytest.raises(InputError) as problem:
        of_text(texts, **options)
    assert all(each in str(problem.value) for each in words)


@pytest.mark.parametrize(
    ("columns", "options", "expected"),
    [
        # LimeSurvey
        ({"q[SQ001]": ["Y", "N", "N", None], "q[SQ002]": ["N", "N", "Y", None]}, {}, [(1, 3), (1, 3)]),
        ({"q_1": ["Yes", "No", "N/A"], "q_2": ["No", "No", "N/A"]}, {"missing": "N/A"}, [(1, 2), (0, 2)]),
        (
            {"q_1": ["Yes", "No", "N/A"], "q_2": ["No", "No", "N/A"]},
            {"answers": "N/A", "unticked": "none"},
            [(1, 3), (0, 3)],
        ),
        # SurveyMonkey
        (
            {
                "Why?": ["Pay", None, "Pay", None, None],
                "Unnamed: 3": [None, "Skills", "Skills", None, None],
                "Unnamed: 4": [None, None, None, "None of the above", None],
            },
            {"label": "why", "choices": ["Pay", "Skills"], "none_of_these": "Unnamed: 4"},
            [(2, 4), (2, 4)],
        ),
        # KoboToolbox
        ({"q/pay": [1, 0, 1, 0, None], "q/skills": [1, 1, 0, 0, None]}, {}, [(2, 4), (2, 4)]),
        ({"q/pay": ["True", "False", ""], "q/skills": ["False", "False", ""]}, {}, [(1, 2), (0, 2)]),
        # REDCap
        (
            {"q___1": [1, 0, 0, 0], "q___2": [1, 1, 0, 0], "q___99": [0, 0, 1, 0]},
            {"none_of_these": "q___99"},
            [(1, 3), (2, 3)],
        ),
        ({"q___1": ["Checked", "Unchecked"], "q___2": ["Unchecked", "Unchecked"]}, {}, [(1, 1), (0, 1)]),
        # Qualtrics, a column per choice with the choice's number
        (
            {"Q1_1": ["1", "", "", ""], "Q1_2": ["", "2", "", "2"], "Q1_3": ["", "3", "", ""]},
            {"ticked": [1, 2, 3]},
            [(1, 3), (2, 3), (1, 3)],
        ),
    ],
)
def test_columns_of_choices_are_read(columns, options, expected):
    assert list(of_block(columns, **options).values()) == expected


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        # what the advice leaves out would become a no
        ({"Q1_1": ["1", "", ""], "Q1_2": ["", "2", ""], "Q1_3": ["", "3", ""]}, "ticked=[1, 2, 3]"),
        ({"q[1]": ["Y", "N", None], "q[other]": [None, "my boss", None]}, "ticked=['Y', 'my boss']"),
        (
            {"q_1": ["Yes", "No", "N/A"], "q_2": ["No", "No", "N/A"]},
            "missing=['N/A'], or answers=['N/A'] for a no",
        ),
    ],
)
def test_columns_in_doubt_say_what_to_declare(columns, words):
    with pytest.raises(InputError) as problem:
        of_block(columns)
    assert words in problem.value.fix


def test_free_text_beside_boxes_is_not_repeated():
    names = [f"Ann {chr(65 + i // 26)}{chr(97 + i % 26)}" for i in range(40)]
    with pytest.raises(InputError, match="'q_2' with the answers 40 different values") as problem:
        of_block({"q_1": ["Yes", "No"] * 20, "q_2": names})
    assert not any(name in str(problem.value) for name in names)


@pytest.mark.parametrize(
    "texts",
    [
        ["Pay;Skills;", "Skills;", "Pay;"],
        ["1,2", "2", "1", "1,3", "3"],
        ["1 2", "2", "1", "1 3", "3"],
        ["new_job pay", "pay", "new_job"],
        ["pay skills abroad", "pay", "skills", "abroad"],
    ],
)
def test_exports_of_several_answers_are_no_groups(texts):
    data = pd.DataFrame({"q": texts * 6, "y": [1, 0] * (3 * len(texts))})
    for call in (
        lambda: cb.proportions(data, "y", by="q"),
        lambda: cb.proportions(data, Item("q", each_level=True)),
        lambda: cb.proportions(data, Item("q", yes=texts[1])),
    ):
        with pytest.raises(InputError, match=r"SelectAll|split_choices"):
            call()


@pytest.mark.parametrize(
    "texts",
    [
        ["North", "East", "West", "South", "North East", "South West"],
        ["1", "2", "5", "1,5", "2,5"],
        ["1", "1,3", "1,7", "2", "2,3", "2,7", "3"],
        ["Drug", "CBT", "Drug + CBT", "Waiting list"],
        ["Run 1", "Run 2", "Run 10"],
        ["2024-01-01 10:00", "2024-01-02", "2024-01-03"],
        ["1 000", "2 000", "500"],
        ["Pay;", "Skills;", "Other;"],
    ],
)
def test_ordinary_answers_stay_groups(texts):
    data = pd.DataFrame({"q": texts * 6, "y": [1, 0] * (3 * len(texts))})
    assert len(cb.proportions(data, "y", by="q").rows) == len(texts)
    assert len(cb.proportions(data, Item("q", each_level=True)).rows) == len(texts)
