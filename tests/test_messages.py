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
    assert "got '7'." in said(cb.proportions, DATA, cb.Item("job", label="x"), method="bootstrap", rng="7")


def test_what_came_in_words_has_no_quotes_and_survives_pickling():
    error = InputError("a", allowed="b", received="none of them", fix="c.")
    assert "got none of them. c." in str(error)
    text = InputError("a", allowed="b", value="none", fix="c.")
    assert text.received == "none"
    assert str(pickle.loads(pickle.dumps(text))) == str(text) == "`a`: expected b; got 'none'. c."


@pytest.mark.parametrize(
    "came",
    [DATA.assign(job="secret"), pd.Series(["secret"]), np.array(["secret"] * 3), [DATA.assign(job="secret")],
     {"a": pd.Series(["secret"])}, iter(["secret"]), DATA.assign(job="secret").itertuples()],
)  # fmt: skip
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
