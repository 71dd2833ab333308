"""What response rates give to a brief, and their figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits.errors import InputError
from credbenefits.results.parts import StudyWords

VALUES = {"done": "complete", "half": "partial", "no": "refused", "": "no_contact"}


def panel_of(*, done, half=0, silent=0, refused=0):
    how = ["done"] * done + ["half"] * half + ["no"] * refused + [None] * silent
    n = len(how)
    start = pd.DataFrame({"id": range(n), "site": ["north", "south"] * (n // 2)})
    end = pd.DataFrame(
        {"id": range(n), "how": how, "day": [1 + i % 5 if i < done else None for i in range(n)]}
    )
    values = {name: how for name, how in VALUES.items() if name}
    status = {"end": {"column": "how", "values": values, "blank": "no_contact"}}
    return cb.link_waves({"start": start, "end": end}, on="id", status=status)


@pytest.fixture
def panel():
    return panel_of(done=412, half=20, silent=1756, refused=100)


def said(text):
    return " ".join(text)


def test_the_rate_is_stated_with_its_definition(panel):
    parts = cb.response_rates(panel, people="completers").brief_parts(
        StudyWords(labels={"end": "one year later"})
    )
    assert [said(text) for text in parts.lead] == [
        "412 of the 2,288 completers who were asked answered “one year later” in full (18.0%; 95% interval 16.5% to "
        "19.6%; AAPOR RR1); 20 more answered in part."
    ]
    assert parts.response_known
    [figure] = parts.figures
    assert figure.alt == (
        "People step by step. one year later: 2,288 asked, 532 reached, 432 answered, 432 linked to another wave."
    )
    [table] = parts.tables
    assert len(table.rows) == 22
    assert table.rows[0][1] == "412 of 2,288"
    assert parts.files["response_rates"]["rate"].tolist()[:2] == ["RR1", "RR2"]


def test_few_who_answer_are_participants():
    parts = cb.response_rates(panel_of(done=80, silent=920)).brief_parts(StudyWords())
    assert said(parts.lead[0]).startswith(
        "80 of the 1,000 people who were invited took part in “end” (participation rate 8"
    )
    [caution] = parts.cautions
    assert caution.topic == "Volunteers"
    assert caution.text.startswith("Fewer than one in ten of those invited answered “end”.")
    counts = cb.response_rates({"complete": 8, "no_contact": 92}).brief_parts(StudyWords())
    assert said(counts.lead[0]).startswith(
        "8 of the 100 people who were invited took part (participation rate 8%"
    )


def test_the_participation_rate_of_a_sentence_is_that_of_the_table():
    counts = {"complete": 6, "partial": 2, "no_contact": 90, "ineligible": 2}
    made = cb.response_rates(counts)
    assert made["participation"].rows[0].estimate == 0.08
    assert said(made.brief_parts(StudyWords()).lead[0]).startswith(
        "8 of the 100 people who were invited took part ("
    )
    alone = cb.response_rates(counts, definition="RR1").brief_parts(StudyWords())
    assert said(alone.lead[0]).startswith("6 of the 98 people who were asked took part (6%; ")


def test_an_estimated_base_is_said_to_be_one():
    counts = {"complete": 50, "refused": 40, "ineligible": 10, "unknown": 15}
    parts = cb.response_rates(counts, definition="RR3").brief_parts(StudyWords())
    assert said(parts.lead[0]) == (
        "50 of the 104 people (estimated) who were asked and eligible answered in full (48%; 95% interval 39% to "
        "58%; AAPOR RR3)."
    )


def test_groups_are_a_finding(panel):
    result = cb.response_rates(panel, by={"start": "site"}, definition="RR1", people="completers")
    parts = result.brief_parts(StudyWords(labels={"site_start": "site"}))
    assert not parts.lead
    [finding] = parts.findings
    assert said(finding.sentence) == (
        "Response rate by site: 412 of the 2,288 completers who were asked answered, as follows (AAPOR RR1)."
    )
    assert [said(text) for text in finding.details] == [
        "site = north: 18.0% (206 of 1,144)",
        "site = south: 18.0% (206 of 1,144)",
    ]


def test_a_brief_takes_them_beside_the_panel(panel):
    text = cb.brief(
        cb.proportions(panel.wave("end"), cb.Item("how", yes="done")),
        panel,
        panel.flow(),
        cb.response_rates(panel),
        cb.response_rates(panel, effort="day"),
        cb.response_rates(panel, by={"start": "site"}, definition="RR1"),
        title="T",
        figures=False,
    ).to_markdown()
    assert "**412 of the 2,288 people who were asked**" in text
    assert text.count("Rates of response of people") == 2  # groups stand in the table of all, days in another
    assert "AAPOR RR3 (2023)" in text
    assert "| Rate | Up to |" in text


def test_nobody_asked_is_no_sentence():
    result = cb.response_rates({"not_invited": 3})
    parts = result.brief_parts(StudyWords())
    assert not parts.lead
    assert not parts.response_known
    assert "nobody in the base" in parts.tables[0].rows[0]


# ---- figures -----------------------------------------------------------------------------------------------


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_the_steps_have_their_numbers(panel):
    pytest.importorskip("matplotlib")
    axes = cb.response_rates(panel).plot()
    assert texts(axes) == ["2,288", "532 (23.3% of asked)", "432 (18.9% of asked)", "432 (18.9% of asked)"]
    assert [bar.get_width() for bar in axes.patches] == [2288, 532, 432, 432]
    alone = cb.response_rates({"complete": 3, "no_contact": 4}).plot()
    assert [bar.get_width() for bar in alone.patches] == [7, 3, 3]
    with pytest.raises(InputError, match="without by="):
        cb.response_rates(panel, by={"start": "site"}).plot()


def test_answers_grow_over_days(panel):
    pytest.importorskip("matplotlib")
    result = cb.response_rates(panel, effort="day")
    axes = result.plot()
    [line] = axes.lines
    assert np.allclose(line.get_xdata(), [1, 2, 3, 4, 5])
    assert np.allclose(line.get_ydata(), [100 * row.estimate for row in result])
    assert texts(axes) == ["18.0%"]
    both = cb.response_rates(panel, effort="day", by={"start": "site"}).plot()
    assert len(both.lines) == 2
    assert [text.get_text() for text in both.get_legend().get_texts()] == [
        "site_start = north",
        "site_start = south",
    ]
    assert len(result.plot("steps").patches) == 4
    with pytest.raises(InputError, match="kind"):
        cb.response_rates(panel).plot("effort")
