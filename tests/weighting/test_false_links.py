"""What is said of proportions of people whose links may be false: an alert, a note, and the bound in them."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import credbenefits as cb
from code_waves import ELEMENTS, code_waves, link
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
    assert alert.text in result.notes
    assert alert.text in cb.brief(result, weights, title="Jobs").to_markdown()
    rows = panel.wave("w2", also_in="w1")
    parts = [cb.count(rows[:50], "job", weights=weights), cb.count(rows[50:], "job", weights=weights)]
    counts = cb.Counts.from_json((parts[0] + parts[1]).to_json())
    assert cb.proportions(counts).notes == result.notes


def test_link_summary_says_it_of_everybody_in_both(panel):
    doubt = 1 - panel.links["match_probability"]
    (note,) = [note for note in panel.link_summary().notes if "join two different people" in note]
    assert note == (
        f"About {doubt.sum():,.0f} of the {doubt.size:,} links of “w1” and “w2” are expected to join two "
        f"different people: that can change a proportion of everybody in both by at most {doubt.mean():.4f}"
    )


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
