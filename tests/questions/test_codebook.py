"""Items and questions with several choices that take from a codebook what is not said."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pandas as pd
import polars as pl
import pytest

import credbenefits as cb
from credbenefits import Item, SelectAll
from credbenefits.errors import DataWarning, InputError
from credbenefits.questions.column import Answer, Column
from credbenefits.results.export import Codebook, Export

few = pytest.mark.filterwarnings("ignore:.*who were asked answered")
AGREE = (
    Answer(3, "Agree"),
    Answer(2, "Neither"),
    Answer(1, "Disagree"),
    Answer(-9, "Refused", "refused"),
    Answer(-8, "Not asked", "not_asked"),
    Answer(-1, "", "missing"),
)
BOX = (Answer(1, "Selected"), Answer(2, "Not selected"), Answer(-8, "Not asked", "not_asked"))
BOOK = Codebook(
    (
        Column("id", role="id"),
        Column("agree", "Do you agree?", answers=AGREE),
        Column("mood", answers=(Answer(-1, "Somewhat bad"), Answer(0, "Neutral"), Answer(1, "Good"))),
        Column("job", "A new job?", answers=(Answer(1, "Yes"), Answer(2, "No"), Answer(8, "DK", "missing"))),
        Column(
            "ends", answers=(Answer(1, "Never"), Answer(9, "Always"), Answer(99, "", "missing")), open=True
        ),
        Column("reasons_1", "Why?", "tick", BOX, "reasons", "better job"),
        Column("reasons_2", "Why?", "tick", BOX, "reasons", "more pay"),
        Column("reasons_2_TEXT", "Why?", "other", (), "reasons"),
        Column("tools", "Which?", "choices", (Answer("R"), Answer("Stata, SPSS"), Answer("None of these"))),
        Column("alike", answers=(Answer(1, "Other"), Answer(2, "Same"), Answer(3, "Other"))),
    )
)
DATA = pd.DataFrame(
    {
        "id": [f"p{i}" for i in range(8)],
        "agree": [3, 3, 2, 1, -9, -8, -1, 3],
        "mood": [-1, -1, 0, 1, 1, 1, 0, 0],
        "job": [1, 2, 2, 8, 8, 1, 2, 2],
        "ends": [1, 2, 9, 9, 5, 99, 4, 4],
        "reasons_1": [1, 2, 2, 1, -8, 2, 2, 1],
        "reasons_2": [2, 1, 2, 1, -8, 2, 1, 1],
        "tools": ["R", "R, Stata, SPSS", "Stata, SPSS", None, "R", "R", "R", "R"],
        "site": ["a", "b"] * 4,
    }
)


def table(*args, **how):
    return cb.proportions(*args, **how).to_frame()


# ---- what an item takes ------------------------------------------------------------------------------------


def test_a_yes_and_a_no_are_found_by_their_words():
    assert Item("job", codebook=BOOK) == Item("job", yes=1, no=2, missing=8, level_labels={1: "Yes", 2: "No"})


def test_kinds_of_no_answer_are_those_of_the_column():
    item = Item("agree", yes=3, codebook=BOOK)
    assert (item.missing, item.skipped, item.refused, item.not_asked) == ((-1,), (), (-9,), (-8,))
    assert Item("mood", yes=1, codebook=BOOK).missing == ()


@few
def test_a_number_below_zero_that_is_an_answer_in_one_column_counts_there():
    item = Item("mood", yes="good", codebook=BOOK)
    assert item.answers == (-1,)
    (row,) = cb.proportions(DATA, [item], missing=[-1]).rows
    assert (row.count, row.n, row.level) == (3, 8, "Good")


@pytest.mark.parametrize("word", ["Agree", " agree", 3, "3", 3.0])
def test_an_answer_may_be_named_by_its_words_or_its_code(word):
    assert [float(v) for v in Item("agree", yes=word, codebook=BOOK).yes] == [3.0]


def test_words_that_two_codes_have_stand_for_both():
    assert Item("alike", yes="Other", codebook=BOOK).yes == (1, 3)


def test_what_is_said_wins():
    item = Item("agree", yes=["Agree", "Not asked"], missing=1, refused=[], codebook=BOOK, label="agree")
    assert item.yes == (3, -8)
    assert item.missing == (1, -1)
    assert item.not_asked == ()
    assert dict(item.level_labels)[-8] == "Not asked"
    said = Item("job", yes=2, codebook=BOOK, level_labels={1: "yes!"})
    assert (said.yes, said.no, dict(said.level_labels)) == ((2,), (), {1: "yes!", 2: "No"})


def test_numbers_within_limits_take_the_missing_codes_alone():
    item = Item("ends", at_least=4, codebook=BOOK)
    assert (item.missing, item.yes, item.levels) == ((99,), (), ())


def test_an_item_keeps_what_was_filled_and_not_the_codebook():
    item = Item("agree", each_level=True, codebook=BOOK)
    assert replace(item, label="x").levels == item.levels == (3, 2, 1)
    assert pickle.loads(pickle.dumps(item)) == item
    assert hash(item) == hash(Item("agree", each_level=True, codebook=BOOK))
    assert "level_labels={3: 'Agree', 2: 'Neither', 1: 'Disagree'}" in repr(item)
    assert eval(repr(item)) == item


def test_an_export_serves_as_its_codebook():
    assert Item("job", codebook=Export(DATA, BOOK)) == Item("job", codebook=BOOK)


# ---- what tables show --------------------------------------------------------------------------------------


@few
def test_every_answer_is_shown_in_the_order_and_words_of_the_codebook():
    found = table(DATA, Item("agree", each_level=True, codebook=BOOK))
    assert found["level"].tolist() == ["Agree", "Neither", "Disagree"]
    assert found["count"].tolist() == [3, 1, 1]


@few
def test_answers_without_words_are_shown_by_their_codes_in_order():
    found = table(DATA, Item("ends", each_level=True, codebook=BOOK))
    assert found["level"].tolist() == ["Never", "2", "4", "5", "Always"]


def test_two_codes_of_one_name_are_told_apart():
    item = Item("alike", each_level=True, codebook=BOOK)
    assert dict(item.level_labels) == {1: "Other (1)", 2: "Same", 3: "Other (3)"}


def test_words_that_another_code_is_written_as_raise():
    item = Item("site", each_level=True, level_labels={"a": "b"})
    with pytest.raises(InputError, match=r"level_labels.*no other answer"):
        cb.proportions(DATA, item)


@few
@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
def test_groups_have_the_words_of_their_answers(kind):
    data = kind(DATA[["mood", "job"]].to_dict("list"))
    found = cb.proportions(
        data, Item("mood", yes=1, codebook=BOOK), by=Item("job", each_level=True, codebook=BOOK)
    )
    assert [dict(row.group)["job"] for row in found.rows] == ["Yes", "No"]


@few
def test_counts_have_the_same_words_and_can_be_sent():
    items = [Item("agree", each_level=True, codebook=BOOK), Item("job", codebook=BOOK)]
    items += [SelectAll("reasons", codebook=BOOK)]
    counts = cb.count(DATA, items)
    assert table(counts).equals(table(DATA, items))
    with pytest.warns(DataWarning, match="not anonymous"):
        assert cb.Counts.from_json(counts.to_json()) == counts
    parts = cb.count(DATA[:4], items) + cb.count(DATA[4:], items)
    assert table(parts).equals(table(DATA, items))


@few
def test_parts_of_a_file_with_other_codes_are_in_the_order_of_the_codes():
    items = [
        Item("ends", each_level=True, codebook=BOOK),
        Item("agree", yes=["Agree", "Disagree"], codebook=BOOK),
    ]
    for cut in (1, 3, 5):
        parts = cb.count(DATA[:cut], items) + cb.count(DATA[cut:], items)
        assert parts == cb.count(DATA, items)
        assert table(parts)["level"].tolist() == ["Never", "2", "4", "5", "Always", "Disagree or Agree"]


def test_an_answer_that_no_yes_is_named_for_is_named_in_words():
    with pytest.raises(InputError, match=r"'3 \(Agree\)'"):
        cb.proportions(DATA, Item("agree", codebook=BOOK))


# ---- several choices ---------------------------------------------------------------------------------------


@few
def test_the_ticks_of_a_question_are_found_by_its_name():
    question = SelectAll("reasons", codebook=BOOK)
    assert question.columns == ("reasons_1", "reasons_2")
    assert (question.choices, question.ticked) == (("better job", "more pay"), (1,))
    assert (question.missing, question.label) == ((-8,), "reasons")
    found = table(DATA, SelectAll("reasons", codebook=BOOK, unticked="none"))
    assert found["level"].tolist() == ["better job", "more pay"]
    assert found["count"].tolist() == [3, 4]
    assert found["n"].tolist() == [7, 7]


def test_columns_that_are_named_take_their_choices():
    assert SelectAll(["reasons_2"], codebook=BOOK).choices == ("more pay",)


@few
def test_choices_in_one_text_that_hold_the_separator_are_known():
    question = SelectAll("tools", codebook=BOOK, none_of_these="None of these")
    assert question.choices == ("R", "Stata, SPSS")
    assert table(DATA, question)["count"].tolist() == [6, 2]


def test_a_tick_alone_is_an_item_called_by_its_choice():
    item = Item("reasons_1", codebook=BOOK)
    assert (item.label, item.yes, item.no, item.not_asked) == ("better job", (1,), (2,), (-8,))


def test_a_code_that_means_other_things_in_other_columns_raises():
    turned = (Answer(2, "Selected"), Answer(1, "Not selected"))
    book = Codebook(
        (
            Column("a", role="tick", answers=BOX, part_of="q"),
            Column("b", role="tick", answers=turned, part_of="q"),
        )
    )
    with pytest.raises(InputError, match=r"columns.*means the same.*'1', a tick in 'a' and none in 'b'"):
        SelectAll("q", codebook=book)
    assert SelectAll("q", codebook=book, ticked=[1]).ticked == (1,)
    codes = (Answer(1, "Selected"), Answer(-8, "Not selected"))
    book = Codebook(
        (
            Column("a", role="tick", answers=BOX, part_of="q"),
            Column("b", role="tick", answers=codes, part_of="q"),
        )
    )
    with pytest.raises(InputError, match="'-8', no answer in 'a' and one in 'b'"):
        SelectAll("q", codebook=book)
    assert SelectAll("q", codebook=book, missing=-8).missing == (-8,)


# ---- what is refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: Item("agre", codebook=BOOK), "column.*codebook knows.*Did you mean 'agree'"),
        (lambda: Item("id", codebook=BOOK), "column.*identifies people.*allow_identifier"),
        (lambda: Item("agree", yes="Agrees", codebook=BOOK), "yes.*codes of 'agree'.*Did you mean 'Agree'"),
        (lambda: Item("agree", codebook=DATA), "codebook.*an export, or its codebook.*read_export"),
        (lambda: SelectAll("reason", codebook=BOOK), "columns.*codebook knows.*Did you mean 'reasons'"),
        (lambda: SelectAll("reasons", codebook=7), "codebook.*an export"),
        (lambda: SelectAll(["reasons_3"], codebook=BOOK), "column.*Did you mean 'reasons_"),
        (lambda: Item("agree", level_labels=["a"]), "level_labels.*what they are called"),
        (lambda: Item("agree", level_labels={1: "a", 2: " A"}), "level_labels.*words of their own"),
        (lambda: Item("agree", level_labels={1: "a", "1": "b"}), "level_labels.*one answer"),
        (lambda: Item("agree", level_labels={1: ""}), "level_labels"),
    ],
)
def test_what_is_wrong_names_what_to_do(ask, said):
    with pytest.raises(InputError, match=said):
        ask()


def test_words_that_two_waves_write_with_each_others_codes_are_not_joined_by_code():
    answers = {"start": {1: "Yes", 2: "No"}, "end": {1: "No", 2: "Yes"}}
    items = {wave: Item("q", each_level=True, level_labels=words) for wave, words in answers.items()}
    panel = cb.link_waves(
        {wave: pd.DataFrame({"id": range(6), "q": [1, 2, 1, 2, 1, 1]}) for wave in answers}, on="id"
    )
    with pytest.raises(InputError, match=r"'No' as '2' in start and as '1' in end.*recode one of the waves"):
        cb.transitions(panel, items)
    shifted = {"start": {1: "Never", 2: "Often"}, "end": {1: "Hardly ever", 2: "Often"}}
    items = {wave: Item("q", each_level=True, level_labels=words) for wave, words in shifted.items()}
    assert cb.transitions(panel, items).stayed.count == 6
