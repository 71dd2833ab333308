"""Select-all-that-apply questions: who answered, what was ticked, and what is added beside it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits import Item, SelectAll
from credbenefits.errors import InputError

pytestmark = pytest.mark.filterwarnings("ignore:.*who were asked answered")
CHOICES = ["fees", "time", "level"]


def counts(data, question, **options):
    return {r.level: (r.count, r.n, r.n_missing) for r in cb.proportions(data, question, **options).rows}


def block(texts):
    """The columns of 0, 1 and blank that stand for texts of ticks."""
    return pd.DataFrame(
        {
            f"how_{c}": [None if t is None else float(c in t.split(",")) for t in texts]
            for c in [*CHOICES, "none"]
        }
    )


TEXTS = ["fees,time", "time", "none", None, "level,fees", "time", None, "fees,time,level"]


# ---- columns and text ---------------------------------------------------------------------------------


@given(
    st.lists(
        st.sampled_from([None, "none", "fees", "time", "fees,time", "level", "time,level,fees"]), min_size=1
    )
)
def test_columns_and_text_give_the_same(texts):
    texts = [*texts, "fees,time,level"]
    of_text = SelectAll(
        "how",
        separator=",",
        choices=CHOICES,
        none_of_these="none",
        any_of={"money": ["fees", "level"]},
        number_chosen=True,
    )
    of_block = SelectAll(
        [f"how_{c}" for c in [*CHOICES, "none"]],
        choices=CHOICES,
        none_of_these="how_none",
        any_of={"money": ["fees", "level"]},
        number_chosen=True,
    )
    made = counts(pd.DataFrame({"how": texts}), of_text)
    assert made == counts(block(texts), of_block)
    answered = [set(t.split(",")) - {"none"} for t in texts if t is not None]
    missing = texts.count(None)
    for choice in CHOICES:
        assert made[choice] == (sum(choice in t for t in answered), len(answered), missing)
    assert made["money"] == (sum(bool(t & {"fees", "level"}) for t in answered), len(answered), missing)
    numbers = {k: v for k, v in made.items() if k.endswith("chosen")}
    assert numbers == {
        f"{k} chosen": (sum(len(t) == k for t in answered), len(answered), missing)
        for k in sorted({len(t) for t in answered})
    }
    assert sum(v[0] for v in numbers.values()) == len(answered)


FRAMES = {
    "object": lambda d: d.astype(object),
    "nullable": lambda d: d.convert_dtypes(),
    "categorical": lambda d: d.astype("category"),
    "words": lambda d: d.replace({1.0: "Yes", 0.0: "no"}),
    "ticks": lambda d: d.replace({1.0: "ticked", 0.0: None}),
    "own texts": lambda d: d.apply(lambda c: c.map({1.0: c.name.upper()})),
    "booleans": lambda d: d.astype("boolean"),
    "polars": pl.from_pandas,
    "arrow": lambda d: pl.from_pandas(d).to_arrow(),
    "polars words": lambda d: pl.from_pandas(d.replace({1.0: "checked", 0.0: "unchecked"}).astype("string")),
}


@pytest.mark.parametrize("kind", FRAMES)
def test_every_kind_of_column_reads_alike(kind):
    data = block(TEXTS).rename(columns=lambda c: c.removeprefix("how_"))
    question = SelectAll([*CHOICES, "none"], label="why", none_of_these="none")
    assert counts(FRAMES[kind](data), question) == {"fees": (3, 6, 2), "time": (4, 6, 2), "level": (2, 6, 2)}


@pytest.mark.parametrize(
    "make",
    [
        lambda t: pd.DataFrame({"how": t}),
        lambda t: pd.DataFrame({"how": pd.array(t, dtype="string")}),
        lambda t: pd.DataFrame({"how": pd.Categorical(t)}),
        lambda t: pl.DataFrame({"how": t}),
        lambda t: pl.DataFrame({"how": t}, schema={"how": pl.Categorical}),
        lambda t: pl.DataFrame({"how": t}).to_arrow(),
    ],
)
def test_every_kind_of_text_reads_alike(make):
    assert counts(make(TEXTS), SelectAll("how", none_of_these="none")) == {
        "fees": (3, 6, 2),
        "level": (2, 6, 2),
        "time": (4, 6, 2),
    }


def test_text_agrees_with_split_choices():
    data = pd.DataFrame({"how": [*TEXTS, " fees , time ", ",", ""]})
    split = cb.split_choices(data, "how", none_of_these="none")
    items = [f"how: {c}" for c in ("fees", "level", "time")]
    apart = {
        r.item.removeprefix("how: "): (r.count, r.n, r.n_missing) for r in cb.proportions(split, items).rows
    }
    assert apart == counts(data, SelectAll("how", none_of_these="none"))


# ---- who answered -------------------------------------------------------------------------------------


def test_a_separator_alone_is_no_answer():
    made = counts(pd.DataFrame({"how": ["a,b", "b", ",", " , ,", None]}), SelectAll("how"))
    assert made == {"a": (1, 2, 3), "b": (2, 2, 3)}


def test_nobody_knows_whether_an_empty_block_is_a_no():
    data = pd.DataFrame({"b_x": [1, 0, 0, None, 1], "b_y": [0, 0, 1, None, 1]})
    skipped = cb.proportions(data, SelectAll(["b_x", "b_y"], unticked="unanswered"))
    assert [(r.count, r.n, r.n_missing) for r in skipped.rows] == [(2, 3, 2), (2, 3, 2)]
    assert any("1 person ticked nothing and is taken not to have answered" in n for n in skipped.notes)
    no = cb.proportions(data, SelectAll(["b_x", "b_y"], unticked="none"))
    assert [(r.count, r.n, r.n_missing) for r in no.rows] == [(2, 4, 1), (2, 4, 1)]
    assert any("to have said no to every choice" in n for n in no.notes)
    # Others are blank in both columns, so the 0 is an answer unless somebody says otherwise.
    by_default = cb.proportions(data, SelectAll(["b_x", "b_y"]))
    assert [(r.count, r.n, r.n_missing) for r in by_default.rows] == [(2, 4, 1), (2, 4, 1)]
    assert any("because 1 row is blank in every column" in n for n in by_default.notes)
    # Blank boxes of a block that writes only ticks tell nothing either.
    ticks = data.replace({0: None})
    assert counts(ticks, SelectAll(["b_x", "b_y"], unticked="none")) == {"b_x": (2, 3, 2), "b_y": (2, 3, 2)}
    # So unticked="none" has nothing to settle there, which must be said, of rows and of counts.
    question = SelectAll(["b_x", "b_y"], unticked="none")
    for asked in (cb.proportions(ticks, question), cb.proportions(cb.count(ticks, question), question)):
        assert any(
            "2 rows are blank in every column and taken not to have answered" in n for n in asked.notes
        )


def test_none_of_these_is_an_answer():
    data = pd.DataFrame({"b_x": [1, 0, 0], "b_none": [0, 1, 0]})
    question = SelectAll(["b_x", "b_none"], none_of_these="b_none")
    assert counts(data, question) == {"b_x": (1, 2, 1)}
    # Ticked beside a choice, the choice counts.
    assert counts(data.assign(b_none=1), question) == {"b_x": (1, 3, 0)}


def test_refusals_are_no_answer():
    texts = pd.DataFrame({"how": ["fees", "-9", "rather not,fees", "rather not", "time"]})
    made = counts(texts, SelectAll("how", missing=[-9, "rather not"]))
    assert made == {"fees": (2, 3, 2), "time": (1, 3, 2)}
    boxes = pd.DataFrame({"b_x": [1, -9, 0, 1], "b_y": [0, -9, 1, -8]})
    assert counts(boxes, SelectAll(["b_x", "b_y"], missing=-9), missing=-8) == {
        "b_x": (2, 3, 1),
        "b_y": (1, 3, 1),
    }
    with pytest.raises(InputError, match="'b_x' with the answers '-9', '0', '1'"):
        cb.proportions(boxes, SelectAll(["b_x", "b_y"]))


def test_choices_that_nobody_ticked_are_a_zero():
    for data, question in [
        (pd.DataFrame({"how": TEXTS}), SelectAll("how", choices=[*CHOICES, "luck"], none_of_these="none")),
        (
            block(TEXTS).assign(how_luck=0.0),
            SelectAll(
                [f"how_{c}" for c in [*CHOICES, "luck", "none"]],
                choices=[*CHOICES, "luck"],
                none_of_these="how_none",
            ),
        ),
        (
            block(TEXTS).assign(how_luck=None),
            SelectAll(
                [f"how_{c}" for c in [*CHOICES, "luck", "none"]],
                choices=[*CHOICES, "luck"],
                none_of_these="how_none",
            ),
        ),
    ]:
        result = cb.proportions(data, question)
        row = next(r for r in result.rows if r.level == "luck")
        assert (row.count, row.n, row.conf_low) == (0, 6, 0)
        assert row.conf_high > 0.3
        assert "how: luck: none of 6 respondents" in repr(result)


def test_shares_of_a_subset_and_of_groups():
    data = block(TEXTS).assign(g=["a", "b"] * 4, s=["yes"] * 6 + ["no"] * 2)
    question = SelectAll([f"how_{c}" for c in [*CHOICES, "none"]], none_of_these="how_none")
    crossed = cb.proportions(data, question, by="g", totals=True, among="s")
    made = {(r.level, r.group[0][1]): (r.count, r.n, r.n_missing) for r in crossed.rows}
    assert made["how_time", "(all)"] == (3, 5, 1)
    assert made["how_time", "a"] == (1, 3, 0)
    assert made["how_time", "b"] == (2, 2, 1)
    for account in crossed.account:
        assert account.outside_subset + account.unanswered + account.answered == account.rows == 8


def test_weights_designs_and_replicates_take_choices_too():
    rng = np.random.default_rng(1)
    n = 200
    data = pd.DataFrame({f"b_{c}": rng.integers(0, 2, n) for c in "xyz"})
    data = data.assign(w=rng.gamma(2.0, size=n), c=np.arange(n) % 20)
    data.loc[:9, ["b_x", "b_y", "b_z"]] = np.nan
    question = SelectAll(["b_x", "b_y", "b_z"], unticked="none", number_chosen=True)
    for options in (
        {"weights": "w"},
        {"weights": "w", "design": cb.SurveyDesign(clusters="c")},
        {"weights": "w", "variance": "bootstrap", "bootstrap": cb.Bootstrap(rng=1, keep=True)},
    ):
        result = cb.proportions(data, question, **options)
        chosen = [r for r in result.rows if r.level.endswith("chosen")]
        assert sum(r.estimate for r in chosen) == pytest.approx(1.0)
        x = data["b_x"].notna()
        assert result.rows[0].estimate == pytest.approx(np.average(data["b_x"][x], weights=data["w"][x]))
    # The shares of how many were ticked add up in every replicate too.
    assert result.replicates is not None
    values = result.replicates.values[:, 3:]
    np.testing.assert_allclose(values.sum(axis=1), 1.0)


# ---- what is a tick -----------------------------------------------------------------------------------

SOCIAL = "social media (Twitter, Facebook, etc.)"


def _three(a, b, c=None):
    return pd.DataFrame({"q_a": a, "q_b": b} | ({} if c is None else {"q_c": c}))


@pytest.mark.parametrize(
    ("data", "options", "expected"),
    [
        (
            _three([1] * 12 + [0] * 28, [1] * 3 + [0] * 37, [-99] * 4 + [0] * 36),
            {"missing": -99},
            [(12, 12), (3, 12), (0, 12)],
        ),
        (_three([1, 0], [0, 0], [1, 1]), {}, [(1, 2), (0, 2), (2, 2)]),
        (_three(["Yes", None], ["Ja", "Nein"]), {}, [(1, 1), (1, 1)]),
        (_three(["Better knowledge", None, None], [None, "Faster work", None]), {}, [(1, 2), (1, 2)]),
        (_three([1, 2, 2], [2, 1, 2]), {"ticked": 1}, [(1, 2), (1, 2)]),
        (_three([1, None], [None, 2]), {"ticked": [1, 2]}, [(1, 2), (1, 2)]),
        (_three(["Evet", "Hayir"], ["Hayir", "Hayir"]), {"ticked": "EVET"}, [(1, 1), (0, 1)]),
        (_three([0, 0], [0, 0]), {"unticked": "none"}, [(0, 2), (0, 2)]),
        (_three([1, 1], [1, None]), {"ticked": 2, "unticked": "none"}, [(0, 2), (0, 2)]),
        (
            _three(["Hayir"] * 2, ["Hayir"] * 2),
            {"ticked": "Evet", "answers": "Hayir", "unticked": "none"},
            [(0, 2), (0, 2)],
        ),
        (_three([1, 0, 0], [0, 1, 0], [0, 0, 1]), {"same": {"q_c": "q_a"}}, [(2, 3), (1, 3)]),
        (_three(["quoted", "not quoted"], ["not quoted", "quoted"]), {}, [(1, 2), (1, 2)]),
    ],
)
def test_a_tick_is_declared_known_or_the_choices_own_text(data, options, expected):
    rows = cb.proportions(data, SelectAll(list(data.columns), **options)).rows
    assert [(r.count, r.n) for r in rows] == expected


@pytest.mark.parametrize(
    ("data", "options", "words"),
    [
        (_three([1] * 12 + [0] * 28, [1] * 3 + [0] * 37, [-99] * 4 + [0] * 36), {}, r"missing=\[-99\]"),
        (_three(["No"] * 20, ["N/A"] * 20), {}, r"missing=\['N/A'\]"),
        (_three([-1, 0, 0], [0, -1, 0]), {}, r"or ticked=\[-1\] for a tick"),  # as Access writes yes
        (_three([0, 1, 2, 3], [0, 0, 1, 3]), {}, "'q_a' with the answers '0', '1', '2', '3'"),
        (_three([1, 2, 2], [2, 1, 2]), {}, "ticked="),
        (_three([1, 0, 9], [0, 1, 1]), {}, r"missing=\[9\]"),
        (_three(["Evet", "Hayir"], ["Hayir", "Hayir"]), {}, "ticked="),
        (_three(["Agree", None], ["Agree", None]), {}, "ticked="),
        (
            _three(["Yes", "No"], ["No", "No"]),
            {"ticked": "Yess", "unticked": "none"},
            "in ticked= .it has 'Yes'.; got 'Yess'",
        ),
        (_three([0, 0], [0, 0]), {}, "unticked='none'"),
    ],
)
def test_what_may_be_no_tick_is_asked(data, options, words):
    with pytest.raises(InputError, match=words):
        cb.proportions(data, SelectAll(list(data.columns), **options))


def test_blank_cells_of_a_box_read_as_an_item_get_a_hint():
    result = cb.proportions(pd.DataFrame({"b": [1] * 35 + [None] * 65}), "b")
    assert any("65 cells are blank; if a blank is a box" in n for n in result.notes)
    # A code that was declared is no blank.
    coded = pd.DataFrame({"b": [1] * 35 + [-9] * 60 + [None] * 5})
    notes = cb.proportions(coded, Item("b", missing=-9)).notes
    assert any("5 cells are blank; if a blank is a box" in n for n in notes)
    assert not any("blank" in n for n in cb.proportions(coded[:95], Item("b", missing=-9)).notes)


# ---- what a reader must know about a block ------------------------------------------------------------


def told(data, **options):
    result = cb.proportions(data, SelectAll(list(data.columns), **options))
    return [(r.count, r.n) for r in result.rows], "; ".join(result.notes)


def test_a_blank_beside_a_written_no_is_counted():
    grid = _three(
        ["Yes", "No", None, "No", None], ["No", None, None, "Yes", "Yes"], ["No", None, None, "No", "Yes"]
    )
    rows, notes = told(grid)
    assert rows == [(1, 4), (2, 4), (1, 4)]
    assert "q: 3 cells without an answer count as no, in 2 rows that answered elsewhere" in notes
    alone = cb.proportions(grid, "q_b").rows[0]  # what the note recommends
    assert (alone.count, alone.n) == (2, 3)


def test_a_blank_is_how_a_file_writes_no():
    rows, notes = told(_three([1, None, 1], [None, 1, 1]))
    assert rows == [(2, 3), (2, 3)]
    assert "without an answer" not in notes
    # so it is beside the box of none of these
    rows, notes = told(_three([1, 0, None], [0, 0, None], [0, None, 1]), none_of_these="q_c", unticked="none")
    assert rows == [(1, 3), (0, 3)]
    assert "without an answer" not in notes


def test_a_declared_no_answer_beside_a_tick_is_counted():
    rows, notes = told(_three([1, None, 1], [-99, 1, None]), missing=-99)
    assert rows == [(2, 3), (1, 3)]
    assert "q: 1 cell without an answer counts as no, in 1 row that answered elsewhere" in notes


def test_spellings_and_old_columns_of_a_block_are_told():
    rows, notes = told(_three(["Yes"] * 3 + ["YES ", "no"], ["no"] * 5))
    assert rows == [(4, 4), (0, 4)]
    assert "q_a: 'YES ' (1 row) read as 'Yes'" in notes
    rows, notes = told(_three([1, 0, 0], [0, 1, 0], [0, 0, 1]), same={"q_c": "q_a"})
    assert rows == [(2, 3), (1, 3)]
    assert "q: 'q_c' (1 row) read as 'q_a'" in notes
    rows, notes = told(_three(["Tube", "Metro", None], [None, None, "Bus"]), same={"Tube": "Metro"})
    assert rows == [(2, 3), (1, 3)]
    assert "q: 'Tube' (1 row) read as 'Metro'" in notes
    # a column that is old has no gaps of its own
    _, notes = told(_three([1, 0, None], [0, 1, 1], [None, None, 1]), same={"q_c": "q_a"})
    assert "without an answer" not in notes


# ---- several answers in one text ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "options", "expected"),
    [
        (
            ["a"] * 10 + ["a;b"] * 10 + ["c;a;b"] * 5,
            {},
            {"a": (25, 25, 0), "b": (15, 25, 0), "c": (5, 25, 0)},
        ),
        (["a"] * 20 + ["N/A"] * 20, {"missing": "N/A"}, {"a": (20, 20, 20)}),
        (["A;B;", "A;", None], {}, {"A": (2, 2, 1), "B": (1, 2, 1)}),
        (["A;#B", "B", "A", ";#B;#A;#"], {}, {"A": (3, 4, 0), "B": (3, 4, 0)}),  # SharePoint, Microsoft Lists
        (
            ["Fees;time", "fees ;Level", " FEES", "time;fees"],
            {"same": {"Level": "Grade"}},
            {"fees": (4, 4, 0), "Grade": (1, 4, 0), "time": (2, 4, 0)},
        ),
        (
            [SOCIAL] * 5 + [SOCIAL + ", mail"] * 4 + ["mail"] * 5,
            {"choices": ["mail", SOCIAL]},
            {"mail": (9, 14, 0), SOCIAL: (9, 14, 0)},
        ),
        (
            ["A, B, C"],
            {"separator": ",", "choices": ["A", "A, B", "B, C"]},
            {"A": (1, 1, 0), "A, B": (0, 1, 0), "B, C": (1, 1, 0)},
        ),
    ],
)
def test_text_is_read_by_what_it_shows(texts, options, expected):
    assert counts(pd.DataFrame({"how": texts}), SelectAll("how", **options)) == expected


@pytest.mark.parametrize(
    ("texts", "options", "words"),
    [
        (["a"] * 20 + ["N/A"] * 20, {}, r"missing=\['N/A'\]"),
        (["a;b", "a,b", "c;a"], {}, "';' in 2 rows"),
        (["Paris, France", "Smith, Ann"], {}, "one separator"),
        (
            [SOCIAL] * 5 + [SOCIAL + ",mail"] * 4 + ["mail"] * 5,
            {"separator": ","},
            "choices=.*Twitter, Facebook, etc",
        ),
        (["x, y"] * 12 + ["x, y,z"] * 3 + ["z"] * 9, {"separator": ","}, "choices="),
        (["1,2", "2", "-99"] * 10, {}, "missing="),
        (["a;b"] * 10 + ["c;a;b"] * 15, {"separator": ","}, "separator=';'"),
    ],
)
def test_text_in_doubt_is_refused(texts, options, words):
    with pytest.raises(InputError, match=words):
        cb.proportions(pd.DataFrame({"how": texts}), SelectAll("how", **options))


SEVERAL = ["fees"] * 15 + ["time"] * 10 + ["fees,time"] * 13 + ["time,level,fees"] * 4 + ["level"] * 4
FALSE_ALARMS = [
    ["Smith, Ann", "Smith, Bob", "Jones, Ann", "Jones, Bob", "Lee, Ann"] * 5,
    ["Paris, France", "Lyon, France", "Paris, Texas", "London"] * 5,
    ["Employed", "Employed, part time", "Employed, full time", "Student"] * 5,
    ["0,5", "1", "1,5", "2", "2,5", "5"] * 5,
    ["North, women", "North, men", "South, women", "South, men"] * 5,
    # labels that were broken into lines, and line breaks around an answer
    ["Agree", "Strongly\nagree", "Somewhat\nagree", "Neither agree\nnor disagree", "Disagree"] * 5,
    ["Very\nstrongly\nagree", "Strongly\nagree", "Agree"] * 5,
    ["Health care", "Health care\nsupport", "Health care\r\nadmin", "Law\tand order"] * 5,
    ["fees\n", "\ntime", "level\t", "\r\nnone\r\n"] * 5,
    ["It went well.\nThe teachers helped.", "Too long\n\nand too dear.", "Fine.\nThanks", "Thanks"] * 5,
]


def _separated(texts, separator):
    return [text.replace(",", ";").replace(";", separator) for text in texts]


ALL_ALONE = ["a"] * 10 + ["b"] * 10 + ["a;b"] * 10


@pytest.mark.parametrize("separator", [";", ";#", "|", "\n", "\t", "\r\n", "\r", " \n "])
@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
@pytest.mark.parametrize("texts", [SEVERAL, ["a"] * 10 + ["a;b"] * 10 + ["c;a;b"] * 5, ALL_ALONE])
def test_several_answers_are_no_group_level_or_covariate(texts, make, separator):
    cells = _separated(texts, separator)
    n = len(cells)
    first = make({"how": cells, "y": [i % 2 for i in range(n)], "id": list(range(n))})
    told = "\n" if separator in {"\r\n", "\r"} else separator.strip(" ")
    with pytest.raises(InputError, match="split_choices") as problem:
        cb.proportions(first, "y", by="how")
    assert f"separator={told!r}" in problem.value.fix
    for item in (Item("how", each_level=True), Item("how", yes=cells[0]), Item("how")):
        with pytest.raises(InputError, match="SelectAll") as problem:
            cb.proportions(first, item)
        assert f"separator={told!r}" in problem.value.fix
    panel = cb.link_waves({"first": first, "later": make({"id": list(range(0, n, 2))})}, on="id")
    for named in ({"covariates": ["how"]}, {"covariates": ["y"], "check": ["how"]}):
        with pytest.raises(InputError, match="split_choices"):
            cb.attrition_weights(panel, wave="later", to="first", **named)
    found = cb.proportions(first, SelectAll("how", separator=separator))
    assert {r.level: (r.count, r.n) for r in found.rows} == {
        choice: (sum(choice in t.replace(";", ",").split(",") for t in texts), n)
        for choice in {c for t in texts for c in t.replace(";", ",").split(",")}
    }
    assert cb.proportions(first, SelectAll("how")).rows == found.rows


@pytest.mark.parametrize("texts", FALSE_ALARMS)
def test_names_places_and_titles_are_no_several_answers(texts):
    data = pd.DataFrame({"x": texts, "y": [1, 0] * (len(texts) // 2) + [1] * (len(texts) % 2)})
    assert len(cb.proportions(data, "y", by="x").rows) == len(set(texts))
    assert len(cb.proportions(data, Item("x", each_level=True)).rows) == len(set(texts))
    for text in set(texts):
        cb.proportions(data, Item("x", yes=text))
    panel = cb.link_waves(
        {"all": data.assign(id=range(len(texts))), "later": pd.DataFrame({"id": range(0, len(texts), 2)})},
        on="id",
    )
    cb.attrition_weights(panel, ["x"], wave="later", to="all")


def test_a_yes_among_several_answers_is_no_quiet_no():
    data = pd.DataFrame({"s": ["fees"] * 15 + ["time"] * 10 + ["fees,time"] * 13})
    with pytest.raises(InputError, match="SelectAll"):
        cb.proportions(data, Item("s", yes="fees"))
    for named, expected in [
        ({"yes": ["fees", "fees,time"]}, (28, 38)),
        ({"yes": "fees", "no": ["time", "fees,time"]}, (15, 38)),
        ({"yes": "fees", "missing": "fees,time"}, (15, 25)),
    ]:
        row = cb.proportions(data, Item("s", **named)).rows[0]
        assert (row.count, row.n) == expected
    partly = pd.DataFrame(
        {"s": ["fees"] * 15 + ["time"] * 10 + ["fees,time,pay"] * 13}
    )  # nobody named pay alone
    with pytest.raises(InputError, match="SelectAll"):
        cb.proportions(partly, Item("s", yes="fees"))
    work = pd.DataFrame({"s": ["Employed"] * 15 + ["Employed, part time"] * 10 + ["Student"] * 13})
    assert cb.proportions(work, Item("s", yes="Employed")).rows[0].count == 15


WORDS = st.text(st.characters(codec="utf-8", categories=["L"]), min_size=2, max_size=6)


@given(
    st.lists(WORDS, min_size=2, max_size=5, unique_by=lambda w: w.casefold()),
    st.sampled_from([";", ",", "|", "\n", "/", "\t", " // "]),
    st.data(),
)
def test_splitting_undoes_joining_whatever_the_separator(words, separator, data):
    choices = [f"q{i} {w}{separator}{w}" if i == 0 else f"q{i} {w}" for i, w in enumerate(words)]
    chosen = data.draw(
        st.lists(st.lists(st.sampled_from(choices), unique=True, min_size=1), min_size=1, max_size=8)
    )
    texts = [separator.join(each) for each in chosen]
    made = counts(pd.DataFrame({"how": texts}), SelectAll("how", choices=choices, separator=separator))
    assert made == {c: (sum(c in each for each in chosen), len(chosen), 0) for c in choices}


# ---- names and refusals -------------------------------------------------------------------------------


def test_a_block_is_called_what_its_columns_share():
    assert SelectAll(["b_x", "b_y"]).column == "b"
    assert SelectAll(["QID5_1", "QID5_2"], label="reasons").column == "QID5"
    assert SelectAll(["fees", "time"], label="reasons").column == "reasons"
    assert SelectAll(["fees", "time"]).column == "fees, time"
    data = pd.DataFrame({"fees": [1, 0], "time": [1, 1]})
    assert [r.label for r in cb.proportions(data, SelectAll(["fees", "time"], label="reasons")).rows] == [
        "reasons: fees",
        "reasons: time",
    ]


def test_choices_stand_beside_other_items():
    data = pd.DataFrame({"how": TEXTS, "q": [1, 0] * 4, "role": ["x", "y"] * 4})
    result = cb.proportions(
        data, ["q", SelectAll("how", none_of_these="none"), Item("role", each_level=True)]
    )
    assert [r.item for r in result.rows] == ["q", "how", "how", "how", "role", "role"]
    assert [a.item for a in result.account] == [r.item for r in result.rows]


def test_what_was_read_is_not_changed():
    data, question = (
        block(TEXTS),
        SelectAll([f"how_{c}" for c in CHOICES], any_of={"m": ["how_fees", "how_time"]}),
    )
    before, said = data.copy(deep=True), repr(question)
    cb.proportions(data, question)
    pd.testing.assert_frame_equal(data, before)
    assert repr(question) == said


@pytest.mark.parametrize(
    ("arguments", "argument", "words"),
    [
        ({"columns": []}, "columns", "at least one column"),
        ({"columns": ["a", "a"]}, "columns", "more than once"),
        ({"columns": ["a", 3]}, "columns", "got 3"),
        ({"columns": "how", "separator": ""}, "separator", "','"),
        ({"columns": "how", "separator": 3}, "separator", "got 3"),
        ({"columns": "how", "ticked": 1}, "ticked", "a column for each choice"),
        ({"columns": ["b_x", "b_y"], "ticked": 1, "missing": [1, 9]}, "ticked", "not also in missing="),
        ({"columns": "how", "same": {"a": "b", "b": "c"}}, "same", "the present one"),
        ({"columns": ["b_x", "b_y"], "same": {"b_x": "b_z"}}, "same", "a column of the question"),
        ({"columns": "how", "label": 3}, "label", "got 3"),
        ({"columns": "how", "none_of_these": 9}, "none_of_these", "got 9"),
        (
            {"columns": "how", "none_of_these": "none", "choices": ["a", "none"]},
            "none_of_these",
            "not among choices=",
        ),
        ({"columns": ["b_x", "b_y"], "none_of_these": "b_z"}, "none_of_these", "'b_x'"),
        ({"columns": ["b_x", "b_y"], "choices": ["x"]}, "choices", "2 columns"),
        ({"columns": ["b_x", "b_y"], "unticked": "no"}, "unticked", "'unanswered', 'none'"),
        ({"columns": "how", "any_of": ["a"]}, "any_of", "mapping"),
        ({"columns": "how", "any_of": {"x": []}}, "any_of", "at least one choice"),
        ({"columns": "how", "any_of": {"x": 3}}, "any_of", "got 3"),
        ({"columns": "how", "missing": [None]}, "missing", "always missing"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(arguments, argument, words):
    with pytest.raises(InputError) as caught:
        SelectAll(**arguments)
    assert caught.value.argument == argument
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("question", "argument", "words"),
    [
        (SelectAll(["how_fees", "how_tme"]), "items", "'how_time'"),
        (SelectAll("how", any_of={"m": ["fees", "tme"]}), "any_of", "Did you mean 'time'?"),
        (SelectAll("how", any_of={"fees": ["fees", "time"]}), "any_of", "no choice has"),
        (SelectAll("how", choices=["fees", "time"], none_of_these="none"), "choices", "got 'level"),
        (SelectAll("nobody"), "items", "in which nobody did"),
        (SelectAll(["zero", "nobody"], label="z"), "items", "in which nobody did"),
        (SelectAll("lists"), "items", "'lists'"),
    ],
)
def test_a_question_that_does_not_fit_the_data_is_refused(question, argument, words):
    data = block(TEXTS).assign(how=TEXTS, nobody=None, zero=0, lists=[[1]] * 8)
    with pytest.raises(InputError) as caught:
        cb.proportions(data, question)
    assert caught.value.argument == argument
    assert words in str(caught.value)
    with pytest.raises(InputError, match="yes or no"):
        cb.proportions(data, "how_fees", among=SelectAll("how"))


@pytest.mark.parametrize("at_call", [False, True])
def test_what_looks_like_no_answer_may_be_declared_an_answer(at_call):
    text = pd.DataFrame({"how": ["fees,Unknown"] * 6 + ["fees"] * 4 + ["Unknown"] * 3})
    block = pd.DataFrame({"fees": [1] * 6 + [9] * 4, "time": [0] * 5 + [1] * 5})
    for data, named, kept, counts in (
        (text, {"columns": "how"}, "Unknown", [(10, 13), (9, 13)]),
        (block, {"columns": ["fees", "time"], "label": "how"}, 9, [(6, 10), (5, 10)]),
    ):
        question = SelectAll(**named, **({} if at_call else {"answers": kept}))
        result = cb.proportions(data, question, **({"answers": kept} if at_call else {}))
        assert [(row.count, row.n) for row in result.rows] == counts
        with pytest.raises(InputError):
            cb.proportions(data, SelectAll(**named))


@pytest.mark.parametrize("cells", [["none"] * 8, [None] * 8, ["none", None] * 4, ["N/A"] * 8])
def test_a_text_of_which_nobody_ticked_a_choice_is_an_error_unless_choices_are_named(cells):
    data = pd.DataFrame({"how": cells})
    asked = SelectAll("how", none_of_these="none", missing="N/A")
    with pytest.raises(InputError, match=r"somebody ticked a choice.*choices="):
        cb.proportions(data, asked)
    if "none" in cells:
        offered = SelectAll("how", choices=["a", "b"], none_of_these="none", missing="N/A")
        assert [row.count for row in cb.proportions(data, offered).rows] == [0, 0]
