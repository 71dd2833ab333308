"""Who is lost and who is found again, in a brief: the sentence, small groups, what links cannot tell, and the table."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest

import credbenefits as cb

START = pd.DataFrame(
    {
        "id": range(300),
        "site": ["north"] * 200 + ["south"] * 88 + ["ship"] * 12,
        "number": [f"n{k % 30:02}" for k in range(300)],
    }
)


def panel(again, start=START):
    return cb.link_waves({"start": start, "end": pd.DataFrame({"id": again})}, on="id")


def page(again, start=START, *, labels=None, **options):
    found = cb.attrition(panel(again, start), people="members", **options)
    return cb.brief(found, title="Again", labels=labels, figures=False)


def takeaway(made):
    return re.search(r"## Key takeaways\n\n(- .*?)\n\n", made.to_markdown(), re.DOTALL)[1]


@pytest.mark.parametrize(
    ("start", "again", "words"),
    [
        (
            START,
            [*range(100), 901],
            "- **33.3%** of the 300 members in “start” were found again in “end” (100 of 300; 95% ",
        ),
        (START, [901], "- **None** of the 300 members in “start” were found again in “end” (0 of 300; "),
        (
            START,
            [*range(300)],
            "- **All** of the 300 members in “start” were found again in “end” (300 of 300; ",
        ),
        (
            START.head(12),
            [*range(5)],
            "- **5 of 12** members in “start” were found again in “end” (42%; 95% interval ",
        ),
        (START.head(2), [1, 901], "- **1 of 2** members in “start” was found again in “end” (50%; "),
        (START.head(1), [0], "- **The one person** among the members in “start” was found again in “end”."),
        (
            START.head(1),
            [901],
            "- **The one person** among the members in “start” was not found again in “end”.",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:nobody in wave")
def test_the_share_of_everybody(start, again, words):
    assert words in takeaway(page(again, start))


def test_nobody_reported_being_found():
    text = page([*range(100)], by="site").to_markdown()
    assert "report" not in text.replace("reported “", "")


def test_groups_are_listed_and_small_ones_said_to_be_small():
    told = takeaway(page([*range(60), *range(210, 230), 290, 299, 901], by="site"))
    assert told.startswith(
        "- **82 of 300** members in “start” whose site is known were found again in “end”, by site as follows "
        "(95% intervals)."
    )
    assert re.search(r"\n  - north: \*\*30%\*\* \(60 of 200; 24% to 37%\)", told)
    assert re.search(r"\n  - ship: \*\*2 of 12\*\* \(small group; 5% to 45%\)", told)


def test_a_group_of_which_nobody_is_found_says_so():
    told = takeaway(page([*range(60)], by="site"))
    assert "south: **none** (0 of 88; 0% to 4%)" in told
    assert "ship: **0 of 12** (small group; 0% to 24%)" in told


def test_many_groups_are_in_the_table_alone():
    text = page([*range(100)], by="number").to_markdown()
    assert "found again in “end”, by number as listed in “Who took part” (95% intervals)." in text
    assert text.count("members (number = n") >= 30
    assert "n07: **" not in text


def test_the_table_has_every_base():
    text = page([*range(60), 901], by="site").to_markdown()
    assert "Found again in “end”, of those in “start”" in text
    assert "| 200 members (site = north) | 60 | 30% (24% to 37%) |" in text
    assert "| 12 members (site = ship) (small group) | 0 | 0% (0% to 24%) |" in text


def test_it_is_said_what_links_cannot_tell():
    text = page([*range(60), 901, None]).to_markdown()
    assert "Who is found again in “end” is known from links alone." in text
    assert "1 of the 61 people in “end” is not found in “start”" in text
    assert "0 rows of “start” and 1 of “end” have no usable key" in text


def test_its_method_is_not_that_of_the_shares_of_answers():
    assert "- Intervals of shares found again: Wilson." in page([*range(60), 901]).to_markdown()


def test_waves_columns_and_groups_are_called_as_the_study_calls_them():
    text = page(
        [*range(60), 901],
        by="site",
        labels={"start": "first survey", "end": "second survey", "site": "place"},
    ).to_markdown()
    assert (
        "members in “first survey” whose place is known were found again in “second survey”, by place" in text
    )
    assert "(place = north)" in text
    assert "1 of the 61 people in “second survey” is not found in “first survey”" in text
    assert "“end”" not in text
    assert "“start”" not in text


def test_it_can_be_named_and_is_in_files_of_its_own():
    found = cb.attrition(panel([*range(60)]), by="site", people="members")
    made = cb.brief(found, title="Again", findings=["found again in end by site"], figures=False)
    rows = json.loads(made.files()["results.json"])["results"]["retention"]
    assert [(row["group"], row["count"], row["n"]) for row in rows] == [
        ("site = north", 60, 200),
        ("site = ship", 0, 12),
        ("site = south", 0, 88),
    ]
    assert all((row["wave"], row["found_in"]) == ("start", "end") for row in rows)
    assert "estimates.csv" not in made.files()
    assert "retention.csv" in made.files()


def declared(ended, **options):
    rule = {
        "column": "d",
        "values": {"c": "complete", "s": "no_contact", "i": "ineligible", "n": "not_invited"},
    }
    end = START[["id"]].assign(d=list(ended * 60))
    panel = cb.link_waves({"start": START, "end": end}, on="id", status={"end": rule})
    return cb.brief(cb.attrition(panel, people="members", **options), title="Again", figures=False)


def test_who_left_the_population_is_told_apart_from_who_was_silent():
    made = declared("cssin")
    assert takeaway(made) == (
        "- **33%** of the 180 members in “start” who could have answered “end” were found again in “end” (60 of 180; 95% "
        "interval 27% to 41%). Not counted: 60 had left the population and 60 were not invited."
    )
    text = made.to_markdown()
    assert "| Wave | People | Left the population | Not invited | Asked | Silent | Answered |" in text
    assert "| end | 300 | 60 | 60 | 180 | 120 | 60 | 60 | 0 | 0 | 60 | 60 | 120 |" in text


def test_the_shares_of_groups_have_a_range_and_their_ratio_to_all():
    made = page([*range(60), *range(200, 222)], by="site")
    assert (
        "Among groups of 30 people or more, the share ran from 25% (south; n = 88) to 30% (north; n = 200)."
        in takeaway(made)
    )
    text = made.to_markdown()
    assert "| Of whom | Found again | Share (interval) | Times the share of all | Drawn towards all |" in text
    assert "| 200 members (site = north) | 60 | 30% (24% to 37%) | 1.10 |" in text


def test_a_group_of_which_nobody_is_found_is_a_caution():
    text = page([*range(60)], by="site").to_markdown()
    assert (
        "**Nobody found.** Nobody from some groups by site answered “end” (ship, south): weights cannot represent them"
        in text
    )
    assert "Nobody found" not in page([*range(60)]).to_markdown()


def test_small_groups_stand_together_by_one_name():
    start = START.assign(site=["north"] * 200 + ["south"] * 88 + ["ship"] * 8 + ["boat"] * 4)
    made = page([*range(60), 295, 298, *range(200, 205)], start, by="site")
    assert "  - south: **6%** (5 of 88; 2% to 13%)" in takeaway(made)
    start = start.assign(site=start["site"].replace("boat", "north"))
    made = page([*range(60), 295, 298, *range(200, 205)], start, by="site")
    assert "  - small groups together: **6%** (6 of 96; 3% to 13%)" in takeaway(made)


def test_many_who_came_back_are_a_caution():
    waves = {"a": START, "b": START.head(100), "c": START.tail(220)}
    made = cb.brief(
        cb.attrition(cb.link_waves(waves, on="id"), people="members"), title="Again", figures=False
    )
    text = made.to_markdown()
    assert (
        "**Came back.** 200 of the 300 people in “a” (66.7%) missed a wave and answered a later one." in text
    )
    assert "| missed a wave and came back | 200 | 66.7% |" in text
    assert "| answered every wave up to “b”, and none after | 80 | 26.7% |" in text
    assert "| b | 100 | 100 | 20 |" in text


def test_what_two_accounts_of_one_panel_share_stands_once():
    one = panel([*range(60)])
    made = cb.brief(cb.attrition(one), cb.attrition(one, by="site"), title="Again", figures=False)
    assert made.to_markdown().count("How people answered over all waves") == 1
    rows = json.loads(made.files()["results.json"])["results"]
    assert len(rows["attrition_funnel"]) == 2
    assert len(rows["patterns"]) == 2
    assert len(rows["retention"]) == 4
