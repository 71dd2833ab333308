"""Waves that are exports: their rows, their codebooks, and what was taken out of their files."""

from __future__ import annotations

import pickle
import warnings

import pandas as pd
import pytest

import credbenefits as cb
from credbenefits import Item
from credbenefits.errors import DataWarning, InputError
from credbenefits.questions.column import Answer, Column
from credbenefits.results.export import Codebook, Export

few = pytest.mark.filterwarnings("ignore:.*who were asked answered")


def export(values, labels=("Disagree", "Agree"), taken=(), **more):
    answers = [Answer(i, label) for i, label in enumerate(labels, 1)] + list(more.values())
    frame = pd.DataFrame({"id": [f"p{i}" for i in range(len(values))], "q": values})
    return Export(frame, Codebook((Column("id"), Column("q", answers=tuple(answers)))), taken_out=dict(taken))


START = export([1, 2, 2, 1, 2, 1], taken={"headers": 2, "previews": 1})
END = export([2, 2, 2, 1, 9], last=Answer(9, "Refused", "refused"))


def linked(**waves):
    return cb.link_waves(waves, on="id")


def test_a_panel_is_the_same_of_exports_and_of_their_frames():
    one = linked(start=START, end=END)
    two = linked(start=START.frame, end=END.frame)
    mixed = linked(start=START.frame, end=END)
    assert one.token == two.token == mixed.token
    assert one.wave("end").equals(two.wave("end"))


def test_rows_taken_out_on_reading_are_in_the_ledger_which_adds_up():
    ledger = linked(start=START, end=END.frame).ledger
    assert list(ledger)[:3] == ["wave", "rows", "taken_out"]
    assert ledger["rows"].tolist() == [9, 5]
    assert ledger["taken_out"].tolist() == [3, 0]
    assert (ledger.iloc[:, 2:].sum(axis=1) == ledger["rows"]).all()
    assert "taken_out" not in linked(start=START.frame, end=END.frame).ledger
    page = cb.brief(linked(start=START, end=END), title="Jobs").to_markdown()
    assert "Taken out on reading" in page


def test_the_codebook_of_a_wave_is_kept():
    panel = linked(start=START, end=END)
    assert panel.codebook("end").column("q").codes("refused") == (9,)
    assert pickle.loads(pickle.dumps(panel)).codebook("start").column("q") == START.column("q")
    with pytest.raises(InputError, match=r"wave.*linked as an export.*read_export"):
        linked(start=START.frame, end=END).codebook("start")


def test_codes_that_mean_other_things_in_other_waves_are_named():
    with pytest.warns(DataWarning, match=r"2 of 'q' is 'Agree' in start, 'Strongly agree' in end. Waves are"):
        linked(start=START, end=export([1, 2], ["disagree ", "Strongly agree"]))
    with pytest.warns(DataWarning, match="9 of 'q' is 'Very' in start, 'Refused' in end"):
        linked(start=export([1, 2], last=Answer(9, "Very")), end=END)
    many = export([1, 2], [f"a{i}" for i in range(7)]), export([1, 2], [f"b{i}" for i in range(7)])
    with pytest.warns(DataWarning, match="and 3 more codes"):
        linked(start=many[0], end=many[1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        linked(start=START, end=END)
        linked(start=START, end=export([1, 2], ["", "agree"]))


@few
@pytest.mark.filterwarnings("ignore:codes that do not mean the same")
def test_transitions_join_codes_whatever_the_waves_call_them():
    end = export([2, 2, 2, 1, 1, 1], ["No, I do not", "Yes, I do"])
    panel = linked(start=START, end=end)
    items = {wave: Item("q", each_level=True, codebook=panel.codebook(wave)) for wave in panel.wave_names}
    found = cb.transitions(panel, items)
    plain = cb.transitions(panel, Item("q", each_level=True))
    assert [row.count for row in found.rows] == [row.count for row in plain.rows]
    assert {row.first for row in found.rows} >= {"Disagree", "Agree"}
    assert not {row.first for row in found.rows} & {"1", "2", "Yes, I do"}


@few
def test_transitions_join_codes_of_one_wave_and_words_of_the_other():
    words = pd.DataFrame(
        {"id": [f"p{i}" for i in range(5)], "q": ["Agree", "agree", "Agree ", "Disagree", None]}
    )
    panel = linked(start=START, end=words)
    found = cb.transitions(
        panel,
        {
            "start": Item("q", each_level=True, codebook=panel.codebook("start")),
            "end": Item("q", each_level=True),
        },
    )
    codes = cb.transitions(linked(start=START, end=export([2, 2, 2, 1, None])), Item("q", each_level=True))
    assert [row.count for row in found.rows] == [row.count for row in codes.rows]


@pytest.mark.parametrize("said", ["answered", "status"])
def test_codes_that_are_known_to_be_missing_are_no_answers(said):
    """They are known of an export by its codebook, and of waves of one table by `missing`."""
    told = {"end": ["x"]} if said == "answered" else {"end": {"answered": ["x"], "finished": "done"}}
    frame = pd.DataFrame({"id": [1, 2, 3], "x": [1, 977, 2], "done": [1, 1, 0]})
    known = Export(frame, Codebook((Column("x", answers=(Answer(977, "refused", "refused"),)),)))
    start = frame[["id"]].assign(y=[1, 2, 3])
    of_export = cb.link_waves({"start": start, "end": known}, on="id", **{said: told})
    wide = start.merge(frame, on="id").rename(columns={"x": "x_2", "done": "done_2"})
    endings = {"start": "", "end": "_2"}
    cut = cb.waves_from_wide(wide, id="id", waves=endings, answered={"end": "x"}, missing=977)
    of_table = cb.link_waves(cut, on="id", **{said: told})
    for panel in (of_export, of_table):
        assert panel.wave("end")["x"].tolist() == [1, 2]


@pytest.mark.parametrize("how", [{"answered": {"end": "q"}}, {"status": {"end": {"answered": ["q"]}}}])
def test_what_the_codebook_has_as_missing_does_not_make_a_respondent(how):
    end = export([1, 2, 6, 7, 1], refused=Answer(6, "Refused", "refused"), gone=Answer(7, "", "not_asked"))
    panel = cb.link_waves({"start": START, "end": end}, on="id", **how)
    assert panel.wave("end")["q"].tolist() == [1, 2, 1]
    wide = export([1, 2, 6, 7, 1], refused=Answer(6, "Refused", "refused"), gone=Answer(7, "", "not_asked"))
    wide.frame["q_2"] = [7, 1, 2, 6, 7]
    columns = (*wide.codebook.columns, Column("q_2", answers=wide.codebook.column("q").answers))
    both = cb.waves_from_wide(
        Export(wide.frame, Codebook(columns)), id="id", waves={"start": "", "end": "_2"}
    )
    assert both.responded["end"].tolist() == [False, True, True, False, False]


def test_a_code_that_the_codebook_has_as_an_answer_makes_a_respondent():
    frame = pd.DataFrame({"id": ["p1", "p2", "p3"], "q": [-9, 1, 2]})
    answers = (Answer(-9, "Much worse"), Answer(1, "Same"), Answer(2, "Better"))
    end = Export(frame, Codebook((Column("id"), Column("q", answers=answers))))
    panel = cb.link_waves({"start": START.frame, "end": end}, on="id", answered={"end": "q"})
    assert panel.people_in("end").size == 3
