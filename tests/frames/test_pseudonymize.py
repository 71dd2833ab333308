"""Pseudonyms: what they are, what they keep, and that nothing about the key gets out."""

from __future__ import annotations

import copy
import hashlib
import hmac
import pickle
import warnings

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given

import credbenefits as cb
from credbenefits.errors import ColumnNotFoundError, DataWarning, InputError
from credbenefits.frames.boundary import read
from credbenefits.frames.keys.privacy import _pseudonyms
from strategies import wave_frames

KEY = b"sixteen bytes ok"


def test_the_published_vector():
    # RFC 4231, test case 2. Its key is shorter than the function accepts; the other cases have capitals.
    frame = read(pd.DataFrame({"id": ["What do ya want for nothing?"]}))
    vector = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert _pseudonyms(frame, "id", b"Jefe") == [vector]


def test_by_the_definition():
    # RFC 2104: H(K xor opad, H(K xor ipad, text)).
    padded = KEY.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in padded) + b"ann@example.org").digest()
    outer = hashlib.sha256(bytes(b ^ 0x5C for b in padded) + inner).hexdigest()
    made = cb.pseudonymize(pd.DataFrame({"id": ["\ufeff Ann@Example.ORG "]}), "id", key=KEY)
    assert made["id"].tolist() == [outer]


def test_blanks_stay_missing_and_the_rest_is_untouched():
    frame = pd.DataFrame(
        {"id": ["a", None, "N/A", " ", np.nan, "A"], "x": [1, 2, 3, 4, 5, 6]}, index=[3, 3, 1, 0, 7, 9]
    )
    before = copy.deepcopy(frame)
    made = cb.pseudonymize(frame, "id", key=KEY)
    assert made["id"].isna().tolist() == [False, True, True, True, True, False]
    assert made["id"].iloc[0] == made["id"].iloc[5]
    assert list(made.columns) == ["id", "x"]
    pd.testing.assert_series_equal(made["x"], before["x"])
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame, pa.table])
def test_the_same_kind_comes_back_with_the_same_pseudonyms(kind):
    columns = {"id": ["a", None, "b"], "mail": ["x@y", "a", ""], "n": [1, 2, None]}
    made = cb.pseudonymize(kind(columns), ["id", "mail"], key=KEY)
    assert type(made) is type(kind(columns))
    found = nw.from_native(made, eager_only=True)
    said = {c: [None if v is None or v != v else v for v in found[c].to_list()] for c in ("id", "mail")}
    plain = hmac.digest(KEY, b"a", "sha256").hex()
    assert said["id"][0] == said["mail"][1] == plain  # columns share their pseudonyms
    assert said["id"][1] is None and said["mail"][2] is None  # noqa: PT018
    assert found["n"].null_count() == 1 or np.isnan(found["n"].to_list()[2])


def test_numbers_read_in_two_ways_are_one():
    one = cb.pseudonymize(pd.DataFrame({"id": [101.0, np.nan]}), "id", key=KEY)
    two = cb.pseudonymize(pd.DataFrame({"id": ["101"]}), "id", key=KEY)
    assert one["id"][0] == two["id"][0]
    assert one["id"].isna().tolist() == [False, True]


def test_text_and_bytes_are_one_key_and_another_key_another_world():
    frame = pd.DataFrame({"id": ["a"]})
    same = cb.pseudonymize(frame, "id", key=KEY.decode())
    assert same["id"][0] == cb.pseudonymize(frame, "id", key=KEY)["id"][0]
    assert same["id"][0] != cb.pseudonymize(frame, "id", key=KEY + b"!")["id"][0]
    assert same["id"][0] != hashlib.sha256(b"a").hexdigest()


def test_a_frame_without_rows_has_none_after():
    assert len(cb.pseudonymize(pd.DataFrame({"id": []}), "id", key=KEY)) == 0


@pytest.mark.parametrize(
    "bad", ["hunter2hunter2", b"fifteen bytes..", "", None, 1234567890123456, bytearray(32)]
)
def test_a_bad_key_is_refused_and_not_repeated(bad):
    with pytest.raises(InputError, match=r"secrets\.token_bytes\(32\)") as caught:
        cb.pseudonymize(pd.DataFrame({"id": ["a"]}), "id", key=bad)
    told = str(caught.value) + repr(vars(caught.value)) + repr(pickle.dumps(caught.value))
    assert not any(secret in told for secret in ("hunter2", "fifteen", "1234567890"))


def test_wrong_columns():
    with pytest.raises(ColumnNotFoundError, match="email"):
        cb.pseudonymize(pd.DataFrame({"email": ["a"]}), "mail", key=KEY)
    with pytest.raises(InputError, match="at least one column"):
        cb.pseudonymize(pd.DataFrame({"email": ["a"]}), [], key=KEY)


@given(wave_frames(n_keys=2))
def test_waves_link_after_as_before(frames):
    keys = ["k0", "k1"]
    hidden = {name: cb.pseudonymize(frame, keys, key=KEY) for name, frame in frames.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        plain = cb.link_waves(frames, on=keys)
        after = cb.link_waves(hidden, on=keys)
    where = ["linked_wave", "linked_row", "wave", "row", "key"]
    pd.testing.assert_frame_equal(plain.links[where], after.links[where])
    pd.testing.assert_frame_equal(plain.ledger, after.ledger)
