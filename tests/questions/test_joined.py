"""any_of and all_of: the logic of three values, equal to a column made by hand, wherever an item stands."""

import pickle
import warnings
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits import Item, SurveyDesign, all_of, any_of
from credbenefits.counts.coding.joined import decide
from credbenefits.errors import ColumnNotFoundError, DataWarning, InputError

# What a column holds, and what it is read as by `item`.
YES, NO, NOT_ASKED, REFUSED, SKIPPED, CODE, BLANK = "y", "n", "-5", "-4", "-3", "-2", None
KINDS = [NOT_ASKED, REFUSED, SKIPPED, CODE, BLANK]
#: What a missing answer is called if several are: the first here that occurs.
FIRST = [REFUSED, SKIPPED, CODE, BLANK, NOT_ASKED]
CODES = {YES: 1, NO: 0, NOT_ASKED: -5, REFUSED: -4, SKIPPED: -3, CODE: -2, BLANK: -1}
#: Columns that need not agree: how the question is called, and how its answers are.
NAMES = ["item", "label", "level", "counts_as_yes"]

item = partial(Item, yes=YES, no=NO, refused=REFUSED, skipped=SKIPPED, not_asked=NOT_ASKED, missing=CODE)
opposite = partial(Item, yes=NO, no=YES, refused=REFUSED, skipped=SKIPPED, not_asked=NOT_ASKED, missing=CODE)


def by_hand(how, answers):
    """Return what a person answered all in all."""
    decisive, other = (YES, NO) if how == "any" else (NO, YES)
    if decisive in answers:
        return decisive
    missing = [answer for answer in answers if answer in KINDS]
    return min(missing, key=FIRST.index) if missing else other


def in_numbers(result):
    """Return a table without names."""
    frame = result.to_frame()
    return frame.drop(columns=[name for name in NAMES if name in frame]).to_dict("list")


def same_numbers(one, two):
    """Compare tables in which nan is nan."""
    assert str(in_numbers(one)) == str(in_numbers(two))


# ---- the rule ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "two", "either", "both"),
    [
        (1, 1, 1, 1),
        (1, 0, 1, 0),
        (1, -1, 1, -1),
        (0, 1, 1, 0),
        (0, 0, 0, 0),
        (0, -1, -1, 0),
        (-1, 1, 1, -1),
        (-1, 0, -1, 0),
        (-1, -1, -1, -1),
    ],
)
def test_three_by_three_answers_as_kleene_has_them(one, two, either, both):
    codes = np.array([[one], [two]])
    assert decide("any", codes).tolist() == [either]
    assert decide("all", codes).tolist() == [both]


@pytest.mark.parametrize(
    ("missing", "kind"),
    [
        ([NOT_ASKED, NOT_ASKED], NOT_ASKED),
        ([NOT_ASKED, BLANK], BLANK),
        ([BLANK, CODE], CODE),
        ([CODE, SKIPPED], SKIPPED),
        ([SKIPPED, REFUSED], REFUSED),
        ([NOT_ASKED, REFUSED], REFUSED),
    ],
)
def test_a_missing_answer_is_of_the_first_kind_and_not_asked_only_if_all_are(missing, kind):
    for pair in (missing, missing[::-1]):
        codes = np.array([[CODES[answer]] for answer in pair])
        for how in ("any", "all"):
            assert decide(how, codes).tolist() == [CODES[kind]]
    # An answer that does not decide leaves the kind as it is.
    assert decide("any", np.array([[0], [CODES[kind]]])).tolist() == [CODES[kind]]
    assert decide("all", np.array([[1], [CODES[kind]]])).tolist() == [CODES[kind]]


@given(st.lists(st.lists(st.sampled_from(list(CODES)), min_size=3, max_size=3), min_size=1, max_size=30))
def test_de_morgan_and_the_rule_by_hand_on_any_codes(rows):
    codes = np.array([[CODES[answer] for answer in row] for row in rows]).T
    turned = np.where(codes >= 0, 1 - codes, codes)
    for how, other in (("any", "all"), ("all", "any")):
        made = decide(how, codes)
        assert made.tolist() == [CODES[by_hand(how, row)] for row in rows]
        against = decide(other, turned)
        assert np.array_equal(np.where(made >= 0, 1 - made, made), against)


# ---- equal to a column made by hand --------------------------------------------------------------------

answers = st.sampled_from([YES, NO, YES, NO, NOT_ASKED, REFUSED, SKIPPED, CODE, BLANK])
tables = st.lists(st.tuples(answers, answers, answers), min_size=20, max_size=60)


def made_of(rows):
    """Return a table of three columns and, by hand, of what is asked of them; everybody's answers occur."""
    rows = [*rows, (YES, YES, YES), (NO, NO, NO)]
    data = pd.DataFrame(rows, columns=["a", "b", "c"], dtype=object)
    both = [by_hand("all", row[:2]) for row in rows]
    data["either"] = [by_hand("any", row) for row in rows]
    data["mixed"] = [by_hand("any", (one, row[2])) for one, row in zip(both, rows, strict=True)]
    data["role"] = [["staff", "student", "guest"][i % 3] for i in range(len(rows))]
    data["school"] = [i // 4 for i in range(len(rows))]
    data["weight"] = [1.0 + i % 5 for i in range(len(rows))]
    return data


EITHER = any_of(item("a"), item("b"), item("c"), label="one of them")
MIXED = any_of(all_of(item("a"), item("b")), item("c"), label="two or one")
WAYS = [
    {},
    {"by": "role", "totals": True},
    {"weights": "weight", "design": SurveyDesign(clusters="school")},
    {"by": "role", "weights": "weight", "variance": "linearized"},
]


@settings(max_examples=40, deadline=None)
@given(tables, st.sampled_from(range(len(WAYS))), st.integers(1, 3))
def test_a_question_is_the_column_made_by_hand(rows, way, parts):
    data, how = made_of(rows), WAYS[way]
    counting = {name: value for name, value in how.items() if name in {"by", "weights", "design"}}
    rest = {name: value for name, value in how.items() if name not in counting}
    place = np.random.default_rng(len(rows)).integers(0, parts, len(data))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        for question, column in ((EITHER, "either"), (MIXED, "mixed")):
            wanted = cb.proportions(data, item(column), **how)
            got = cb.proportions(data, question, **how)
            same_numbers(got, wanted)
            accounts = [replace(a, item="") for a in (*got.account, *wanted.account)]
            assert accounts[0] == accounts[1]
            pieces = [data[place == k] for k in range(parts) if (place == k).any()]
            counts = sum(cb.count(piece, question, **counting) for piece in pieces)
            if "weights" not in how:  # sums of weights differ in the last digit
                assert cb.proportions(counts, **rest) == got
                assert counts == cb.count(data, question, **counting)
            assert cb.Counts.from_json(counts.to_json()) == counts
            assert cb.Counts.from_frame(counts.to_frame(), like=counts) == counts


@settings(max_examples=20, deadline=None)
@given(tables)
def test_among_and_comparisons_take_it_as_the_column_made_by_hand(rows):
    data = made_of(rows)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        for share in ("conditional", "joint"):
            how = {"by": "school", "share": share}
            wanted = cb.proportions(data, item("c"), among=item("mixed", label="two or one"), **how)
            got = cb.proportions(data, item("c"), among=MIXED, **how)
            same_numbers(got, wanted)
            assert got.rows[0].ladder == wanted.rows[0].ladder
            assert got.rows[0].base == wanted.rows[0].base
            counted = cb.count(data, item("c"), among=MIXED, **how)
            assert cb.proportions(counted) == got
            halves = [cb.count(data[k::2], item("c"), among=MIXED, **how) for k in range(2)]
            assert sum(halves) == counted
            assert cb.Counts.from_json(counted.to_json()) == counted
        wanted = cb.compare_groups(data, item("either"), by="role")
        same_numbers(cb.compare_groups(data, EITHER, by="role"), wanted)
        assert cb.compare_groups(cb.count(data, EITHER, by="role")) == cb.compare_groups(
            data, EITHER, by="role"
        )


@settings(max_examples=20, deadline=None)
@given(tables)
def test_groups_are_those_of_the_column_made_by_hand(rows):
    data = made_of(rows)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        for by in (MIXED, [MIXED, "role"]):
            hand = (
                [item("mixed", label="two or one"), *by[1:]]
                if isinstance(by, list)
                else item("mixed", label="two or one")
            )
            wanted = cb.proportions(data, item("either"), by=hand, totals=True)
            got = cb.proportions(data, item("either"), by=by, totals=True)
            assert got.rows == wanted.rows
            counts = sum(cb.count(data[k::2], item("either"), by=by) for k in range(2))
            assert counts == cb.count(data, item("either"), by=by)
            assert cb.proportions(counts, totals=True) == got
            assert cb.Counts.from_json(counts.to_json()) == counts
        wanted = cb.compare_groups(data, item("either"), by=item("mixed", label="two or one"))
        assert cb.compare_groups(data, item("either"), by=MIXED).rows == wanted.rows


@pytest.mark.parametrize(
    "how",
    [
        {"variance": "bootstrap", "bootstrap": cb.Bootstrap(n_resamples=200, rng=3)},
        {"variance": "jackknife", "weights": "weight"},
        {
            "design": SurveyDesign(replicate_weights=cb.ReplicateWeights(["r1", "r2", "r3"], kind="brr")),
            "weights": "weight",
        },
        {"method": "clopper_pearson", "by": "role"},
    ],
    ids=["bootstrap", "jackknife", "replicate weights", "exact"],
)
def test_every_variance_takes_it_as_the_column_made_by_hand(how):
    rng = np.random.default_rng(8)
    data = made_of(
        [tuple(row) for row in rng.choice([YES, NO, REFUSED, BLANK], (80, 3), p=[0.3, 0.6, 0.05, 0.05])]
    )
    for k in range(3):
        data[f"r{k + 1}"] = data["weight"] * rng.choice([0, 2], len(data))
    for question, column in ((EITHER, "either"), (MIXED, "mixed")):
        same_numbers(cb.proportions(data, question, **how), cb.proportions(data, item(column), **how))


DATA = pd.DataFrame(
    {
        "smokes_now": [
            *["not at all", "Not at all", "daily", "not at all", "some days", None],
            *["daily", "daily", "not at all", "not at all"],
        ]
        * 12,
        "cigarettes": [0, 3, 30, None, None, None, 20, 10, 2, 0] * 12,
        "site": ["north", "south", "south"] * 40,
    }
)
QUIT = all_of(Item("smokes_now", yes="not at all"), Item("cigarettes", yes=[0]), label="quit")


def in_polars(data):
    return pl.from_pandas(data)


def in_arrow(data):
    return pa.Table.from_pandas(data)


@pytest.mark.parametrize("make", [in_polars, in_arrow], ids=["polars", "pyarrow"])
def test_every_kind_of_frame_gives_the_same(make):
    frame = make(DATA)
    wanted = cb.proportions(DATA, QUIT, by="site")
    got = cb.proportions(frame, QUIT, by="site")
    assert got.rows == wanted.rows
    assert got.notes == wanted.notes
    assert cb.proportions(cb.count(frame, QUIT, by="site")).rows == wanted.rows


# ---- what a reader is told -----------------------------------------------------------------------------


def notes_about(result, label):
    return [note for note in result.notes if note.startswith(f"{label}:")]


def test_a_note_says_whom_missing_answers_drop_and_which_way_the_share_leans():
    result = cb.proportions(DATA, QUIT)
    assert (result.rows[0].count, result.rows[0].n, result.rows[0].n_missing) == (24, 96, 24)
    assert notes_about(result, "quit") == [
        "quit: of all 120 rows, 12 are a no despite a missing answer, 12 with some answers are undecided "
        "and left out; where answers are missing by chance, the share is too low: of the 84 complete rows, "
        "24 are a yes"
    ]
    # How each column was read stands beside it, as where it is asked alone.
    assert "smokes_now: 'Not at all' (12 rows) read as 'not at all'" in result.notes
    assert "cigarettes: counted as no: '2', '3', '10', '20', '30'" in result.notes
    either = any_of(Item("smokes_now", yes="some days"), Item("cigarettes", yes=[3]), label="smokes")
    assert "the share is too high" in notes_about(cb.proportions(DATA, either), "smokes")[0]
    assert cb.proportions(cb.count(DATA, QUIT)).notes == result.notes
    within = cb.proportions(DATA, Item("site", yes="north"), among=QUIT)
    assert notes_about(within, "quit") == [notes_about(result, "quit")[0].partition(";")[0]]


def test_no_lean_is_claimed_where_nobody_is_left_out_or_filters_skipped_the_question():
    """Who smokes is not asked for the number: a no, and nothing is missing by chance."""
    data = pd.DataFrame({"now": ["no", "no", "yes", "yes"] * 10, "number": [0, 5, -1, -1] * 10})
    asked = all_of(Item("now", yes="no", no="yes"), Item("number", yes=0, not_asked=-1), label="quit")
    assert notes_about(cb.proportions(data, asked), "quit") == []
    blank = data.replace({"number": {-1: None}})
    asked = all_of(Item("now", yes="no", no="yes"), Item("number", yes=0), label="quit")
    result = cb.proportions(blank, asked)
    assert (result.rows[0].count, result.rows[0].n) == (10, 40)
    assert notes_about(result, "quit") == ["quit: of all 40 rows, 20 are a no despite a missing answer"]


def test_answers_missing_by_chance_make_any_of_lean_upward_and_complete_answers_do_not():
    """Four items of which 20% are a yes, 15% of all answers missing by chance: .590 of people have a yes."""
    rng = np.random.default_rng(5)
    said = np.where(rng.random((40_000, 4)) < 0.2, "yes", "no").astype(object)
    said[rng.random(said.shape) < 0.15] = None
    data = pd.DataFrame(said, columns=list("abcd"))
    question = any_of(*"abcd", label="any")
    loose = cb.proportions(data, question).rows[0].estimate
    answered = all_of(*(Item(c, yes=["yes", "no"]) for c in "abcd"), label="an answer to all four")
    strict = cb.proportions(data, question, among=answered)
    true = 1 - 0.8**4
    # P(a yes was seen) / P(decided): 1 - (1 - .2 x .85)^4, and of the others those with four answers.
    seen = 1 - (1 - 0.2 * 0.85) ** 4
    assert loose == pytest.approx(seen / (seen + (0.8 * 0.85) ** 4), abs=0.01)
    assert strict.rows[0].estimate == pytest.approx(true, abs=0.01)
    # The note of the first has the numbers of the second.
    note = notes_about(cb.proportions(data, question), "any")[0]
    assert f"of the {strict.rows[0].n:,} complete rows, {strict.rows[0].count:,} are a yes" in note


def test_the_level_says_what_counts_as_declared():
    row = cb.proportions(DATA, QUIT).rows[0]
    assert row.item == row.label == "quit"
    assert row.level == "smokes_now: not at all, and cigarettes: 0"
    assert row.counts_as_yes == ("smokes_now: not at all", "cigarettes: 0")
    nested = any_of(QUIT, Item("cigarettes", at_most=1), label="nearly")
    assert cb.proportions(DATA, nested).rows[0].level == (
        "(smokes_now: not at all, and cigarettes: 0), or cigarettes: at most 1"
    )
    assert "of those" not in row.base
    assert "quit" in str(cb.brief(cb.proportions(DATA, QUIT), title="Quit"))


# ---- doubts --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("joins", [any_of, all_of])
def test_doubts_about_each_column_are_raised_from_rows_and_from_counts(joins):
    data = DATA.assign(cigarettes=DATA["cigarettes"].fillna(99), code=[f"id{i:05}" for i in range(120)])
    question = joins(Item("smokes_now", yes="not at all"), Item("cigarettes", yes=0), label="quit")
    counts = sum(cb.count(part, question) for part in (data[:50], data[50:]))
    within = cb.count(data, Item("site", yes="north"), among=question)
    for ask in (
        lambda: cb.proportions(data, question),
        lambda: cb.proportions(counts),
        lambda: cb.proportions(cb.Counts.from_json(counts.to_json())),
        lambda: cb.proportions(data, Item("site", yes="north"), among=question),
        lambda: cb.proportions(within),
    ):
        with pytest.raises(InputError, match=r"'cigarettes'.*look like no answer.*99"):
            ask()
    assert cb.proportions(data, question, missing=99).rows[0].n_code > 0
    assert (
        cb.proportions(data, question, answers=99).notes
        == cb.proportions(cb.count(data, question, answers=99)).notes
    )
    identifies = joins(Item("smokes_now", yes="not at all"), Item("code", yes="id00001"), label="x")
    for ask in (
        lambda: cb.proportions(data, identifies),
        lambda: cb.proportions(cb.count(data, identifies)),
    ):
        with pytest.raises(InputError, match="identif"):
            ask()


def test_doubts_about_a_question_that_makes_groups_are_raised():
    data = DATA.assign(cigarettes=DATA["cigarettes"].fillna(99))
    counts = cb.count(data, Item("site", yes="north"), by=QUIT)
    for ask in (
        lambda: cb.proportions(data, Item("site", yes="north"), by=QUIT),
        lambda: cb.proportions(counts),
        lambda: cb.compare_groups(counts),
    ):
        with pytest.raises(InputError, match=r"`by`.*'cigarettes'.*look like no answer.*99"):
            ask()
    grouped = cb.proportions(DATA, Item("site", yes="north"), by=QUIT)
    assert "cigarettes: counted as no: '2', '3', '10', '20', '30'" not in grouped.notes
    assert notes_about(grouped, "quit") == [
        "quit: of all 120 rows, 12 are a no despite a missing answer, 12 with some answers are undecided and left out"
    ]
    with pytest.raises(InputError, match=r"`by`.*not made of an item that is compared"):
        cb.compare_groups(DATA, QUIT, by=replace(QUIT, label="other words"))


def test_an_answer_that_is_neither_names_the_column():
    with pytest.raises(InputError, match=r"`items`.*'smokes_now' with the answers"):
        cb.proportions(DATA, any_of("smokes_now", Item("cigarettes", yes=0), label="x"))
    with pytest.raises(InputError, match=r"`among`.*'smokes_now' with the answers"):
        cb.count(DATA, Item("site", yes="north"), among=any_of("smokes_now", Item("cigarettes", yes=0)))
    with pytest.raises(InputError, match="smokes"):
        cb.proportions(DATA, any_of("smokes", Item("cigarettes", yes=0), label="x"))


# ---- what can be joined --------------------------------------------------------------------------------


def test_labels_are_made_of_those_of_the_items():
    assert any_of("a", "b").label == "a or b"
    assert all_of("a", "b", "c").label == "a, b and c"
    assert any_of(all_of("a", "b"), "c").label == "(a and b) or c"
    assert any_of(any_of("a", "b"), "c").label == "a or b or c"
    assert any_of(all_of("a", "b", label="both"), "c").label == "both or c"
    assert pickle.loads(pickle.dumps(QUIT)) == QUIT
    assert repr(any_of("a", all_of("b", "c", label="x"))) == (
        "any_of(Item('a'), all_of(Item('b'), Item('c'), label='x'))"
    )


def test_other_answers_of_one_column_can_be_joined():
    never, now = Item("smokes_now", yes="not at all"), Item("smokes_now", yes="daily")
    with pytest.raises(InputError, match=r"`label`.*'smokes_now' more than once"):
        any_of(never, now)
    result = cb.proportions(DATA, any_of(never, now, label="never or daily"))
    assert (result.rows[0].count, result.rows[0].n) == (96, 108)


@pytest.mark.parametrize(
    ("items", "came"),
    [
        (["a"], "two different items or more"),
        ([], "two different items or more"),
        (["a", Item("a", label="other")], "two different items or more"),
        (["a", Item("b", each_level=True)], "items that are yes or no"),
        (["a", cb.SelectAll(["b", "c"])], "items that are yes or no"),
        ([["a", "b"]], "items that are yes or no"),
        (["a", 3], "items that are yes or no"),
    ],
)
def test_what_is_no_question_of_several_items_is_refused(items, came):
    for joins in (any_of, all_of):
        with pytest.raises(InputError, match=came):
            joins(*items)
    with pytest.raises(InputError, match="label"):
        any_of("a", "b", label=3)


def test_labels_of_a_call_are_unique():
    with pytest.raises(InputError, match="more than once"):
        cb.proportions(DATA, [QUIT, QUIT])
    with pytest.raises(InputError, match="more than once"):
        cb.count(DATA, [QUIT, Item("cigarettes", yes=0, label="quit")])


def test_counts_know_the_question_by_its_label_and_refuse_another_of_that_label():
    counts = cb.count(DATA, [QUIT, Item("cigarettes", yes=0)], answers="daily")
    assert cb.proportions(counts, QUIT) == cb.proportions(counts, "quit")
    other = any_of(*QUIT.items, label="quit")
    with pytest.raises(InputError, match="another question that is called 'quit'"):
        cb.proportions(counts, other)
    with pytest.raises(InputError, match="questions"):
        cb.count(DATA, QUIT) + cb.count(DATA, other)


def test_counts_of_a_file_that_was_changed_are_refused():
    text = cb.count(DATA, QUIT).to_json()
    assert cb.Counts.from_json(text)
    with pytest.raises(InputError, match="a column for each item"):
        cb.Counts.from_json(text.replace('"column":"cigarettes"', '"column":"other"', 1))
    with pytest.raises(InputError):
        cb.Counts.from_json(text.replace('"how":"all"', '"how":"none"'))


def test_transitions_take_it_as_item_base_and_groups():
    hand = [by_hand("all", row) for row in zip(*_as_answers(DATA), strict=True)]
    one = DATA.assign(key=range(120), job=["yes", "no", "no"] * 40, hand=hand)
    two = one.assign(job=["yes", "yes", "no", "no"] * 30)
    panel = cb.link_waves({"one": one, "two": two}, on="key")
    wanted = cb.transitions(panel, "job", among=item("hand", label="quit"))
    assert cb.transitions(panel, "job", among=QUIT).rows == wanted.rows
    wanted = cb.transitions(panel, "job", by=item("hand", label="quit"))
    assert cb.transitions(panel, "job", by=QUIT).rows == wanted.rows
    wanted = cb.transitions(panel, item("hand", label="quit"), by="job")
    made = cb.transitions(panel, QUIT, by="job")
    assert made.columns == wanted.columns
    assert any("undecided" in note for note in made.notes)
    mixed = cb.transitions(panel, {"one": QUIT, "two": item("hand", label="quit")})
    assert mixed.columns == cb.transitions(panel, item("hand", label="quit")).columns
    with pytest.raises(InputError, match=r"`same`.*one item"):
        cb.transitions(panel, QUIT, same={"never": "not at all"})
    with pytest.raises(ColumnNotFoundError, match="wave 'two'"):
        cb.transitions(cb.link_waves({"one": one, "two": two.drop(columns="cigarettes")}, on="key"), QUIT)


def _as_answers(data):
    """Return what each row says to the two items of QUIT."""
    for column, yes in (("smokes_now", "not at all"), ("cigarettes", 0)):
        yield [
            BLANK if pd.isna(v) else YES if str(v).casefold() == str(yes) or v == yes else NO
            for v in data[column]
        ]


def test_a_question_nested_without_end_is_refused():
    text = cb.count(DATA, QUIT).to_json()
    inner = '{"kind":"item","column":"a","label":"a"}'
    deep = inner
    for _ in range(400):
        deep = f'{{"kind":"joined","how":"any","items":[{inner},{deep}],"label":"x"}}'
    start = text.index('"asked":{"kind":"joined"')
    with pytest.raises(InputError):
        cb.Counts.from_json(f'{text[:start]}"asked":{deep},"was":{text[start + 8 :]}')
