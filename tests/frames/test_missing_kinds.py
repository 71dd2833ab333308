"""Kinds of missing reach the reader: every row, file and denominator says who gave no answer, and why."""

import io
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits import Item, SelectAll
from credbenefits.study.file import read_study
from credbenefits.study.run import run_study
from frame_kinds import in_pandas

KINDS = ["n_not_asked", "n_refused", "n_skipped", "n_code", "n_blank"]
CODES = {"refused": "Refused", "skipped": "Passed", "not_asked": "Not shown", "missing": "X"}
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*who were asked answered"),
    pytest.mark.filterwarnings("ignore:.*are blank in every column that varies"),
    # Answers are drawn at random: few people may give one in one wave only.
    pytest.mark.filterwarnings("ignore:.*where the nearest spelling is"),
]


def survey(yes=90, no=160, refused=12, skipped=20, coded=3, blank=25, not_asked=40):
    """One question with people of every kind."""
    parts = [
        ("yes", yes),
        ("no", no),
        ("Refused", refused),
        ("Passed", skipped),
        ("X", coded),
        (None, blank),
        ("Not shown", not_asked),
    ]
    return pd.DataFrame({"q": [word for word, n in parts for _ in range(n)]})


ITEM = Item("q", **CODES)


def test_every_row_has_all_kinds_whether_they_occur_or_not():
    row = cb.proportions(survey(), ITEM).rows[0]
    assert [getattr(row, kind) for kind in KINDS] == [40, 12, 20, 3, 25]
    assert (row.n, row.n_missing) == (250, 60)
    assert dict(row.missing) == {"not_asked": 40, "refused": 12, "skipped": 20, "code": 3, "blank": 25}
    frame = cb.proportions(pd.DataFrame({"q": [1, 0] * 20}), "q").to_frame()
    assert frame[KINDS].to_numpy().tolist() == [[0] * 5]
    assert all(frame[kind].dtype == np.int64 for kind in KINDS)


def test_kinds_are_people_never_weights():
    data = survey().assign(w=np.linspace(0.1, 9.0, 350))
    assert cb.proportions(data, ITEM, weights="w").to_frame()[KINDS].to_numpy().tolist() == [
        [40, 12, 20, 3, 25]
    ]


def test_both_groups_of_a_comparison_have_their_kinds():
    data = pd.concat(
        [survey().assign(g="a"), survey(refused=1, skipped=2, coded=0, not_asked=7).assign(g="b")]
    )
    frame = cb.compare_groups(data, ITEM, by="g", reference="b").to_frame()
    assert frame[KINDS].to_numpy().tolist() == [[40, 12, 20, 3, 25]]
    assert frame[[f"{kind}_reference" for kind in KINDS]].to_numpy().tolist() == [[7, 1, 2, 0, 25]]
    assert (frame["n_missing"] == frame[KINDS[1:]].sum(axis=1)).all()


def test_accounts_name_the_kinds_and_add_up():
    frame = cb.proportions(survey(), ITEM).accounts()
    assert frame[["not_asked", "refused", "skipped", "code", "blank", "answered"]].to_numpy().tolist() == [
        [40, 12, 20, 3, 25, 250]
    ]
    assert (frame.drop(columns=["item", "rows"]).sum(axis=1) == frame["rows"]).all()


def test_printed_tables_show_the_kinds_that_occur_and_stay_narrow_where_all_is_blank():
    head = str(cb.proportions(survey(), ITEM)).splitlines()[1]
    assert " n_missing  n_not_asked  n_refused  n_skipped  n_code  n_blank  n_effective" in head
    plain = survey(refused=0, skipped=0, coded=0, not_asked=0)
    assert "n_blank" not in str(cb.proportions(plain, ITEM))
    html = cb.proportions(survey(coded=0), ITEM)._repr_html_()
    assert ">n_refused</th>" in html
    assert "n_code" not in html


def test_of_a_joint_share_the_reason_is_that_of_whoever_is_not_known_to_be_in_the_subset():
    data = survey().assign(r="yes")
    row = cb.proportions(data, Item("r", yes="yes"), among=ITEM, share="joint").rows[0]
    assert [getattr(row, kind) for kind in KINDS] == [40, 12, 20, 3, 25]
    assert (row.n, row.count) == (250, 90)
    note = cb.proportions(data, Item("r", yes="yes"), among=ITEM).notes[0]
    assert note.startswith("100 rows did not answer what defines the base")
    assert "(12 refused, 20 skipped, 3 coded as missing, 25 left it blank; 40 were not asked)" in note


# ---- the sums agree -------------------------------------------------------------------------------------

answers = st.sampled_from(["yes", "no", "maybe", "Refused", "Passed", "Not shown", "X", None])


@st.composite
def surveys(draw):
    n = draw(st.integers(8, 40))

    def column(values):
        return pd.Series(draw(st.lists(values, min_size=n, max_size=n)), dtype=object)

    return pd.DataFrame(
        {
            "q": column(answers),
            "s": column(answers),
            "g": column(st.sampled_from(["a", "b", None])),
            "h": column(st.sampled_from(["u", "v", None])),
            "w": column(st.sampled_from([0.0, 0.3, 1.0, 7.5])).astype(float),
            "how": column(st.sampled_from(["one,two", "two", "none", "X", None])),
            "box1": column(st.sampled_from(["1", None, "X"])),
            "box2": column(st.sampled_from(["1", None])),
        }
    )


def group_sizes(data, by, among, weighted):
    """Count the rows of each group by hand."""
    rows = data[(data["w"] > 0)] if weighted else data
    rows = rows[rows["s"] == "yes"] if among else rows
    if not by:
        return {(): len(rows)}
    rows = rows.dropna(subset=by)
    return {name if isinstance(name, tuple) else (name,): len(some) for name, some in rows.groupby(by)}


@given(
    data=surveys(),
    kind=st.sampled_from(["yes/no", "each_level", "text", "block"]),
    by=st.sampled_from([[], ["g"], ["g", "h"]]),
    among=st.booleans(),
    joint=st.booleans(),
    weighted=st.booleans(),
    totals=st.booleans(),
    polars=st.booleans(),
)
def test_answers_and_kinds_are_all_rows_of_the_group(data, kind, by, among, joint, weighted, totals, polars):
    question = {
        "yes/no": Item("q", yes="yes", **CODES),
        "each_level": Item("q", each_level=True, **CODES),
        "text": SelectAll("how", none_of_these="none", missing="X"),
        "block": SelectAll(["box1", "box2"], label="boxes", missing="X"),
    }[kind]
    options = {
        "among": Item("s", yes="yes", **CODES) if among else None,
        "weights": "w" if weighted else None,
    }
    if joint and among:
        options["share"] = "joint"
    frame = pl.from_pandas(data) if polars else data
    try:
        result = cb.proportions(frame, question, by=by, totals=totals, **options)
    except cb.errors.InputError:
        return  # nobody answered, or nobody is in the subset
    sizes = group_sizes(data, by, among and not joint, weighted)
    table = result.to_frame()
    for line, row in zip(in_pandas(table).to_dict("records"), result.rows, strict=True):
        wanted = [value for _, value in row.group]
        size = sum(
            n
            for name, n in sizes.items()
            if all(w in {"(all)", v} for w, v in zip(wanted, name, strict=True))
        )
        assert line["n"] + sum(line[k] for k in KINDS) == size
        assert line["n_missing"] == sum(line[k] for k in KINDS[1:])
        assert {k.removeprefix("n_"): line[k] for k in KINDS if line[k]} == dict(row.missing)
    frame = in_pandas(result.accounts())
    assert (frame.drop(columns=["item", "rows"]).sum(axis=1) == frame["rows"]).all()


@given(data=surveys(), each=st.booleans(), weighted=st.booleans(), among=st.booleans())
def test_answers_and_kinds_of_both_sides_are_all_rows_of_both_groups(data, each, weighted, among):
    question = Item("q", each_level=True, **CODES) if each else Item("q", yes="yes", **CODES)
    options = {
        "among": Item("s", yes="yes", **CODES) if among else None,
        "weights": "w" if weighted else None,
    }
    try:
        table = cb.compare_groups(data, question, by="g", **options).to_frame()
    except cb.errors.InputError:
        return
    sizes = group_sizes(data, ["g"], among, weighted)
    for line in table.to_dict("records"):
        for side, group in (("", line["group"]), ("_reference", line["reference"])):
            assert line["n" + side] + sum(line[k + side] for k in KINDS) == sizes.get((group,), 0)
            assert line["n_missing" + side] == sum(line[k + side] for k in KINDS[1:])


@given(first=st.lists(answers, min_size=4, max_size=30), data=st.data(), each=st.booleans())
def test_answers_and_kinds_of_transitions_are_all_linked_pairs(first, data, each):
    n = len(first)
    second = data.draw(st.lists(answers, min_size=n, max_size=n))
    waves = {
        w: pd.DataFrame({"id": [f"p{i}" for i in range(n)], "q": pd.Series(q, dtype=object)})
        for w, q in (("one", first), ("two", second))
    }
    panel = cb.link_waves(waves, on="id")
    question = Item("q", each_level=True, **CODES) if each else Item("q", yes="yes", **CODES)
    try:
        result = cb.transitions(panel, question)
    except cb.errors.InputError:
        return
    said = [a if each or a not in {"maybe"} else "no" for a in first]
    for line in result.to_frame().to_dict("records"):
        pairs = sum(a == line["first"] for a in said) if line["measure"] == "share_of_first" else n
        assert line["n"] + sum(line[k] for k in KINDS) == pairs
        assert line["n_missing"] == sum(line[k] for k in KINDS[1:])
    whole = result.rows[0]
    assert (whole.n_not_asked, whole.n_missing) == (result.n_not_asked, result.n_missing)


def test_pairs_go_by_the_reason_in_the_first_wave_in_which_the_answer_is_missing():
    one = ["yes", "Refused", "Refused", "yes", "no", "Not shown", None, "yes"]
    two = ["yes", "Passed", "no", "Passed", None, "Refused", "Not shown", "X"]
    waves = {w: pd.DataFrame({"id": range(8), "q": q}) for w, q in (("one", one), ("two", two))}
    result = cb.transitions(cb.link_waves(waves, on="id"), ITEM)
    rows = {(r.measure, r.first, r.second): [r.n, *(getattr(r, kind) for kind in KINDS)] for r in result.rows}
    assert (
        rows["share", "yes", "yes"]
        == rows["changed", "", ""]
        == rows["net_change", "yes", "yes"]
        == [1, 2, 2, 1, 1, 1]
    )
    assert rows["share_of_first", "yes", "yes"] == [1, 0, 0, 1, 1, 0]
    assert "(2 refused, 1 skipped, 1 coded as missing, 1 left it blank)" in result._missing()


# ---- files and words ------------------------------------------------------------------------------------

STUDY = """
title = "Kinds"
wave = "later"
[waves.start]
file = "start.csv"
keys = "id"
[waves.later]
file = "later.csv"
keys = "id"
[[items]]
column = "q"
label = "a better job"
missing = "X"
refused = "Refused"
skipped = "Passed"
not_asked = "Not shown"
[weights]
to = "start"
population = "learners"
covariates = ["age"]
[[groups]]
by = "age"
from = "start"
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kinds")
    start = pd.DataFrame({"id": [f"p{i:04d}" for i in range(700)], "age": ["young", "old"] * 350})
    start.to_csv(folder / "start.csv", index=False)
    start[:350].assign(q=survey()["q"]).drop(columns="age").to_csv(folder / "later.csv", index=False)
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return run_study(read_study(folder / "study.toml")).files()


def table(files, name):
    return pd.read_csv(io.BytesIO(files[name]), encoding="utf-8-sig")


def test_every_file_of_a_study_has_the_kinds(files):
    estimates = table(files, "estimates.csv")
    assert (
        estimates[["n", *KINDS]].to_numpy().tolist() == [[250, 40, 12, 20, 3, 25]] * 2
    )  # plain and weighted
    differences = table(files, "differences.csv")
    both = differences[KINDS].to_numpy() + differences[[f"{kind}_reference" for kind in KINDS]].to_numpy()
    assert both.tolist() == [[40, 12, 20, 3, 25]]


@pytest.mark.parametrize("name", ["brief.md", "brief.html"])
def test_the_denominators_say_it_in_words(files, name):
    words = "of 310 asked, 250 answered; 12 refused, 20 skipped, 3 coded as missing, 25 left it blank; 40 were not asked"
    assert words in files[name].decode()
    assert "young against old" in files[name].decode()
    assert "; 6 refused, 10 skipped, " in files[name].decode()


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"refused": 0, "skipped": 0, "coded": 0, "blank": 0, "not_asked": 0}, "all 250 asked answered"),
        (
            {"refused": 0, "skipped": 0, "coded": 0, "blank": 0, "not_asked": 1},
            "all 250 asked answered; 1 was not asked",
        ),
        (
            {"yes": 1, "no": 0, "refused": 0, "skipped": 0, "coded": 0, "blank": 0, "not_asked": 0},
            "the one person asked answered",
        ),
        (
            {"yes": 1200, "no": 0, "refused": 1500, "skipped": 0, "coded": 0, "blank": 0, "not_asked": 0},
            "of 2,700 asked, 1,200 answered; 1,500 refused",
        ),
    ],
)
def test_words_of_who_answered(counts, words):
    result = cb.proportions(survey(**counts), ITEM)
    assert f"| {words} |" in cb.brief(result, title="t", figures=False).to_markdown()


def test_words_where_a_group_has_no_answers():
    data = pd.concat(
        [
            survey().assign(g="a"),
            survey(yes=0, no=0, not_asked=0).assign(g="b"),
            survey(yes=0, no=0, refused=0, skipped=0, coded=0, blank=0).assign(g="c"),
        ]
    )
    text = cb.brief(cb.proportions(data, ITEM, by="g"), title="t", figures=False).to_markdown()
    assert (
        "| of 60 asked, nobody answered; 12 refused, 20 skipped, 3 coded as missing, 25 left it blank |"
        in text
    )
    assert "| 40 were not asked |" in text


def test_declared_codes_of_a_select_all_question_are_codes_and_not_blanks():
    text = pd.DataFrame({"how": ["a,b"] * 6 + ["a"] * 4 + ["-9"] * 3 + [None] * 2})
    block = pd.DataFrame(
        {"a": [1] * 10 + [-9] * 3 + [None] * 2, "b": [1] * 6 + [0] * 4 + [-9] * 3 + [None] * 2}
    )
    for data, question in (
        (text, cb.SelectAll("how", missing=-9)),
        (block, cb.SelectAll(["a", "b"], label="how", missing=-9)),
    ):
        frame = cb.proportions(data, question).to_frame()
        assert frame[["count", "n", "n_code", "n_blank"]].to_numpy().tolist() == [
            [10, 10, 3, 2],
            [6, 10, 3, 2],
        ]


def test_a_declared_category_that_is_no_answer_has_no_row_though_nobody_gave_it():
    scale = pd.CategoricalDtype(["low", "high", "not known to us"], ordered=True)
    data = pd.DataFrame({"pay": pd.Series(["low", "high"] * 20, dtype=scale)})
    item = Item("pay", each_level=True, missing="not known to us")
    assert [row.level for row in cb.proportions(data, item).rows] == ["low", "high"]
