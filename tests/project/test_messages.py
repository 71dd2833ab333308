"""What messages show of what came: text in quotes, lists cut, and no data about people."""

import pickle

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits import _validation as check
from credbenefits.errors import DataWarning, InputError


def said(call, *arguments, **options):
    with pytest.raises(InputError) as found:
        call(*arguments, **options)
    return str(found.value)


DATA = pd.DataFrame({"job": ["Yes", "No"] * 30, "g": ["a", "b"] * 30})
FRAMES = {"start": pd.DataFrame({"id": ["l1", "l2"]}), "end": pd.DataFrame({"id": ["l1"], "job": ["Yes"]})}


def test_text_is_shown_in_quotes_and_numbers_are_not():
    assert "got '0.95'." in said(cb.proportions, DATA, "job", confidence_level="0.95")
    assert "got 95." in said(cb.proportions, DATA, "job", confidence_level=95)
    assert "got '2288'." in said(cb.link_waves(FRAMES, on="id").flow, invited={"end": "2288"})
    assert "got 'hulm'." in said(cb.compare_groups, DATA, "job", by="g", adjust="hulm")
    assert "got 'jop'." in said(cb.proportions, DATA, "jop")
    assert "got 'ends'." in said(cb.link_waves(FRAMES, on="id").wave, "ends")
    assert "got 'c'." in said(cb.compare_groups, DATA, "job", by="g", reference="c")
    assert "got '7'." in said(
        cb.proportions, DATA, cb.Item("job", label="x"), method="bootstrap", bootstrap=cb.Bootstrap(rng="7")
    )


def test_what_came_in_words_has_no_quotes_and_survives_pickling():
    error = InputError("a", allowed="b", received="none of them", fix="c.")
    assert "got none of them. c." in str(error)
    text = InputError("a", allowed="b", value="none", fix="c.")
    assert text.received == "none"
    assert str(pickle.loads(pickle.dumps(text))) == str(text) == "`a`: expected b; got 'none'. c."


@pytest.mark.parametrize(
    "came",
    [
        DATA.assign(job="secret"),
        pd.Series(["secret"]),
        np.array(["secret"] * 3),
        [DATA.assign(job="secret")],
        {"a": pd.Series(["secret"])},
        iter(["secret"]),
        DATA.assign(job="secret").itertuples(),
    ],
)
def test_of_data_only_the_type_is_told(came):
    for argument in ("confidence_level", "people", "method"):
        assert "secret" not in said(cb.proportions, DATA, "job", **{argument: came})


def test_lists_are_cut_and_so_are_long_names():
    assert said(cb.proportions, DATA, "job", confidence_level=list(range(99))).count(",") < 10
    assert "(99 in all)" in said(cb.proportions, DATA, "job", confidence_level=list(range(99)))
    wide = pd.DataFrame({f"column {k}": ["Yes", "No"] for k in range(300)} | {"long" * 500: ["Yes", "No"]})
    assert "and 289 more" in said(cb.proportions, wide, "zzz")
    assert len(said(cb.proportions, wide, "zzz")) < 500
    assert len(said(cb.proportions, wide, "long" * 499)) < 500
    assert check.listing(["x" * 500]) == repr("x" * 60 + "...")


def test_no_message_holds_an_address():
    emails = pd.DataFrame({"email": ["ann@example.org", "bob@example.org"] * 20, "job": ["Yes", "No"] * 20})
    for item in ("email", cb.Item("email", yes="ann")):
        assert "@" not in said(cb.proportions, emails, item)
    headerless = pd.DataFrame({"l77": ["l78"], "cy@example.org": ["dee@example.org"], "Yes": ["No"]})
    for call in (
        lambda: cb.proportions(headerless, "cy"),
        lambda: cb.link_waves({"a": headerless, "b": headerless}, on="cy"),
    ):
        assert "@" not in said(call)
    assert str(DataWarning("one key, ann@example.org, stands in 9 rows")) == (
        "one key, (an e-mail address), stands in 9 rows"
    )


@pytest.mark.parametrize(
    "name", ["ann@example.org", "070-123 45 67", "1984-05-06", "1984567000000199", "Unnamed: 2"]
)
def test_the_first_row_of_a_headerless_file_is_not_listed(name):
    frame = pd.DataFrame({"Ann": ["Bob"], name: ["x"], "Smith": ["Jones"]})
    for message in (
        said(cb.proportions, frame, "job"),
        said(cb.link_waves, {"a": frame, "b": frame}, on="Anne"),
    ):
        assert not any(cell in message for cell in ("'Ann'", "Smith", name, "Bob", "Jones"))
        assert "first row" in message


def test_plain_headers_are_listed():
    for name in ("Unnamed: 0", "2021", "Q1001", "V162034", "12", "wave 2", "e-mail"):
        assert f"'{name}'" in said(cb.proportions, pd.DataFrame({name: ["Yes"], "other": ["No"]}), "zzz")


# ---- advice that fits ------------------------------------------------------------------------------------


@pytest.mark.parametrize("argument", ["missing", "answers"])
def test_what_no_cell_holds_is_answered_by_what_to_write_instead(argument):
    data = pd.DataFrame({"q": ["yes", "no"] * 20})
    for value, fix in {
        "a mapping": ({"a": 1}, f"List the values themselves: {argument}=[...]."),
        "a list of gaps": ([pd.NaT], "Leave it out: an empty cell is always missing, and no answer."),
        "a gap": (float("nan"), "Leave it out"),
        "NA": ([pd.NA], "Leave it out"),
        "None": ([None], "Leave it out"),
        "bytes": (b"yes", "Give what stands in the cells"),
        "a frame": (data, "Give what stands in the cells"),
        "a list of frames": ([data], "Give what stands in the cells"),
    }.values():
        with pytest.raises(InputError, match=f"`{argument}`") as problem:
            cb.proportions(data, "q", **{argument: value})
        assert fix in str(problem.value)
        with pytest.raises(InputError) as problem:
            cb.Item("q", yes="yes", **{argument: value})
        assert fix in str(problem.value)
    with pytest.raises(InputError, match="Leave it out"):
        cb.Item("q", each_level=True, levels=[pd.NaT])


def test_values_of_a_wrong_kind_are_an_error_about_the_argument():
    data = pd.DataFrame({"q": ["yes", "no"] * 20, "g": ["a", "b", "b", "a"] * 10, "how": ["a;b", "a"] * 20})
    for value in (data, data["q"], object(), {}, [], 1):
        with pytest.raises(InputError, match="`method`"):
            cb.compare_groups(data, "q", by="g", method=value)
    for argument in ("choices", "same"):
        for value in (data, object(), 1, False, ""):
            with pytest.raises(InputError, match=f"`{argument}`"):
                cb.split_choices(data, "how", separator=";", **{argument: value})


def test_a_number_that_is_not_whole_is_told_to_be_whole():
    with pytest.raises(InputError, match=r"got 150\.5\. Write a whole number, 100 or more"):
        cb.proportions(
            pd.DataFrame({"q": ["yes", "no"]}),
            "q",
            method="bootstrap",
            bootstrap=cb.Bootstrap(n_resamples=150.5),
        )


def test_no_key_at_all_is_not_told_to_write_none():
    data = pd.DataFrame({"id": ["a", "b"]})
    with pytest.raises(InputError, match="Name the column of the key"):
        cb.link_waves({"s": data, "e": data}, on=[])
    with pytest.raises(InputError, match="Write None where a wave lacks a key"):
        cb.link_waves({"s": data, "e": data}, on={"s": ["id"], "e": []})


def refusal(call):
    with pytest.raises(InputError) as caught:
        call()
    return str(caught.value)


def test_messages_count_in_the_singular_and_do_not_say_that_crossed_columns_are_empty():
    one = pd.DataFrame({"a": ["yes"], "b": [None]})
    assert "'b', missing in all rows (1)" in refusal(lambda: cb.proportions(one, "b"))
    no = pd.DataFrame({"a": ["no"], "b": ["yes"]})
    assert "'a', which selects nobody of 1 row." in refusal(lambda: cb.proportions(no, "b", among="a"))
    apart = pd.DataFrame({"a": [1, 0], "g": ["x", None], "h": [None, "y"]})
    crossed = refusal(lambda: cb.proportions(apart, "a", by=["g", "h"]))
    assert "got 'g', 'h', which no row has all of. Check the missing codes, or name fewer columns." in crossed
    alone = apart.assign(g=None)
    assert "got 'g', missing in all rows." in refusal(lambda: cb.proportions(alone, "a", by="g"))
    strata = pd.DataFrame({"a": [1, 0, 1], "s": ["x", "x", "y"]})
    design = cb.SurveyDesign(strata="s", lonely_psu="adjust")
    boot = cb.Bootstrap(rng=1, n_resamples=100)
    assert "with 1 such stratum." in refusal(
        lambda: cb.proportions(strata, "a", design=design, variance="bootstrap", bootstrap=boot)
    )
    waves = {"s": pd.DataFrame({"id": ["1"], "a": [1]}), "e": pd.DataFrame({"id": ["2"], "a": [1]})}
    with pytest.warns(DataWarning, match="in any other wave"):
        panel = cb.link_waves(waves, on="id")
    assert refusal(lambda: cb.transitions(panel, "a")).endswith(
        "got 's' and 'e', which share nobody. Check the links (panel.ledger)."
    )
