"""What is said of proportions of people whose links may be false: an alert, a note, and the bound in them."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import credbenefits as cb
from code_waves import ELEMENTS, code_waves, link
from credbenefits.panel.panel import Panel
from credbenefits.weighting.alerts import FALSE_LINKS, link_alerts


@pytest.fixture(scope="module")
def panel():
    waves = code_waves(600, returners=300, newcomers=100, error=0.08, seed=3)
    rng = np.random.default_rng(1)
    made = {
        name: frame.assign(job=rng.choice(["yes", "no"], len(frame)), site=rng.choice(["a", "b"], len(frame)))
        for name, frame in waves.items()
    }
    return link(made, threshold=0.3, on=ELEMENTS[:5], ordered=[])


def test_weights_say_what_false_links_could_change(panel):
    weights = cb.attrition_weights(panel, "site", wave="w2", to="w1")
    (alert,) = [each for each in weights.alerts if each.code == FALSE_LINKS]
    links = panel.links.set_index("person")["match_probability"]
    values = weights.values
    doubt = 1 - links.loc[values["person"]].to_numpy()
    w = values["weight"].to_numpy()
    most = (w * doubt).sum() / w.sum()
    assert 0 < most < 0.5
    assert f"by at most {most:.4f}" in alert.text
    assert f"about {doubt.sum():,.0f} of the {len(w):,} links of “w1” and “w2” are" in alert.text
    result = cb.proportions(panel.wave("w2", also_in="w1"), "job", weights=weights)
    assert alert.text[1:] in cb.brief(result, weights, title="Jobs").to_markdown()  # a sentence there
    (note,) = [note for note in result.notes if "another person" in note]
    assert f"about {doubt.sum():,.0f} of {len(w)} respondents are expected to be linked to another" in note
    assert f"at most {most:.4f}, and one of a group by more" in note


def doubts_in(result):
    return [note for note in result.notes if "another person" in note]


def test_proportions_say_it_of_the_people_they_are_of(panel):
    rows = panel.wave("w2", also_in="w1")
    assert list(rows.columns[:2]) == ["person", "match_probability"]
    links = panel.links.set_index("person")["match_probability"]
    assert rows["match_probability"].to_numpy() == pytest.approx(
        links.loc[rows["person"]].to_numpy(), abs=1e-12
    )
    some = rows["site"] == "a"
    for base, options in ((rows, {}), (rows, {"by": "site"}), (rows[some], {}), (rows, {"weights": "w"})):
        data = base.assign(w=np.arange(len(base)) % 3)
        w = data["w"] if "weights" in options else np.ones(len(data))
        doubt = (1 - data["match_probability"]) * (w > 0)
        most = (w * doubt).sum() / w.sum()
        (note,) = doubts_in(cb.proportions(data, "job", **options))
        assert note.startswith(f"about {doubt.sum():,.0f} of {int((w > 0).sum())} respondents are")
        assert f"at most {most:.4f}," in note
        parts = [cb.count(part, "job", **options) for part in (data[:40], data[40:41], data[41:])]
        assert doubts_in(cb.proportions(cb.Counts.from_json(sum(parts).to_json()))) == [note]
    assert doubts_in(cb.compare_groups(rows, "job", by="site")) == doubts_in(
        cb.proportions(rows, "job", by="site")
    )
    among = cb.proportions(rows, "job", among=cb.Item("site", yes="a"))
    assert doubts_in(among) == doubts_in(cb.proportions(rows[some], "job"))


def test_answers_of_one_wave_alone_depend_on_no_link(panel):
    assert "match_probability" not in panel.wave("w2").columns
    assert not doubts_in(cb.proportions(panel.wave("w2"), "job"))
    carried = panel.wave("w2", carry={"w1": "site"})
    assert (carried["match_probability"][carried["site_w1"].isna()] == 1).all()
    assert doubts_in(cb.proportions(carried, "job", by="site_w1"))


def test_a_probability_that_is_none_is_refused(panel):
    rows = panel.wave("w2", also_in="w1").assign(match_probability=2.0)
    with pytest.raises(cb.errors.InputError, match="match probabilities from 0 to 1"):
        cb.proportions(rows, "job")


def test_link_summary_says_it_of_everybody_in_both(panel):
    doubt = 1 - panel.links["match_probability"]
    (note,) = [note for note in panel.link_summary().notes if "join two different people" in note]
    assert note == (
        f"About {doubt.sum():,.0f} of the {doubt.size:,} links of “w1” and “w2” are expected to join two "
        f"different people: that can change a proportion of everybody in both by at most {doubt.mean():.4f}"
    )


def test_weights_do_not_list_links_by_exact_keys(monkeypatch):
    frame = pd.DataFrame({"id": range(40), "site": ["a", "b"] * 20})
    exact = cb.link_waves({"w1": frame, "w2": frame.iloc[::3]}, on="id")
    assert exact.method == "exact"
    monkeypatch.setattr(Panel, "as_pandas", None)
    assert cb.attrition_weights(exact, "site", wave="w2", to="w1").n == 14


def test_a_panel_says_how_it_was_linked(panel):
    assert panel.method == "code"


def test_nothing_is_said_of_certain_links():
    assert link_alerts(np.ones(5), np.zeros(5), ("b", "a")) == []
    waves = code_waves(200, returners=100, newcomers=10)
    rng = np.random.default_rng(1)
    made = {name: frame.assign(site=rng.choice(["a", "b"], len(frame))) for name, frame in waves.items()}
    exact = cb.link_waves(made, on="pid")
    weights = cb.attrition_weights(exact, "site", wave="w2", to="w1")
    assert not [each for each in weights.alerts if each.code == FALSE_LINKS]
    assert not any("two different people" in note for note in exact.link_summary().notes)


@given(st.lists(st.tuples(st.floats(0.1, 9), st.booleans(), st.booleans(), st.booleans()), min_size=2))
def test_the_bound_holds_whatever_false_links_hide(people):
    """Of each: weight, the answer seen, whether the link is false, and the answer that the right one would have."""
    w, seen, false, right = (np.array(column) for column in zip(*people, strict=True))
    bound = (w * false).sum() / w.sum()
    before = np.average(seen, weights=w)
    assert abs(np.average(np.where(false, right, seen), weights=w) - before) <= bound + 1e-12
    if not false.all():
        assert abs(np.average(seen[~false], weights=w[~false]) - before) <= bound + 1e-12


def test_hardly_any_false_link_reads_as_english():
    (alert,) = link_alerts(np.ones(4), np.array([0.1, 0, 0, 0]), ("b", "a"))
    assert re.match("fewer than 1 of the 4 links of “a” and “b” is expected", alert.text)
    assert "by at most 0.0250" in alert.text
