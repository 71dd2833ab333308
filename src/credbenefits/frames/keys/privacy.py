"""Pseudonyms: identifiers that still link, but no longer say who somebody is."""

from __future__ import annotations

import hmac
from collections import Counter
from typing import TYPE_CHECKING

import narwhals as nw

from credbenefits import _progress
from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.frames.boundary import as_given, read, require
from credbenefits.frames.header_rows import refuse_header_rows
from credbenefits.frames.keys.no_keys import is_damage, is_phrase, key_words, nobodys, refuse_lost_digits
from credbenefits.frames.keys.normalise import normalised, refuse_series

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import IntoDataFrameT, Progress
    from credbenefits.frames.boundary import NarwhalsFrame

_FEWEST_BYTES = 16
#: Identifiers after which progress is reported.
_BLOCK = 50_000
_HOW_TO_MAKE = "Make one with secrets.token_bytes(32), and keep it apart from the data."


def pseudonymize(data: IntoDataFrameT, columns: str | Sequence[str], *, key: bytes | str) -> IntoDataFrameT:
    """Replace identifiers by pseudonyms that link exactly as the identifiers do.

    A pseudonym is the HMAC-SHA-256 of the identifier, as 64 hexadecimal digits. The identifier is
    first written as :func:`credbenefits.link_waves` reads it, so `` Ann@Example.org`` and
    ``ann@example.org`` become one. Files that were pseudonymised with the same key link with each
    other; without the key nobody can tell whose a pseudonym is, not even by trying all addresses.

    Parameters
    ----------
    data : data frame
        A wave (pandas, polars or pyarrow). It is not changed.
    columns : str or list of str
        Identifying columns: ids, e-mail addresses, names. All share the same pseudonyms, so a
        column may have another name in another file. It also means that equal values can be seen
        to be equal, across columns too.
    key : bytes or str
        The secret, of at least 16 bytes; text is taken as UTF-8. It is neither stored nor printed.
        Make it with ``secrets.token_bytes(32)``, keep it away from the data, and use the same one
        for all waves. Whoever destroys it later can no longer add a wave.

    Returns
    -------
    data frame
        Same kind of frame, those columns replaced by text. What links to nobody (missing values,
        "", "n/a", "unknown", "#REF!" and the like) is missing.

    Raises
    ------
    InputError
        For an unknown column, numbers that lost their last digits or are not whole, or a key that is too
        short.

    Notes
    -----
    Pseudonymised data are still personal data where other columns, such as a place and a date of
    birth, single people out. Codes and names that are to be linked in spite of slips cannot be
    pseudonymised before: one other letter makes another pseudonym. Link first.

    Source: Krawczyk, Bellare and Canetti (1997), HMAC: Keyed-Hashing for Message Authentication,
    RFC 2104.

    Examples
    --------
    >>> import pandas as pd, credbenefits as cb
    >>> start = pd.DataFrame({"email": ["Ann@example.org", "n/a"], "age": [31, 47]})
    >>> later = pd.DataFrame({"mail": ["ann@example.org "], "job": ["yes"]})
    >>> key = "only for this example"
    >>> start, later = cb.pseudonymize(start, "email", key=key), cb.pseudonymize(later, "mail", key=key)
    >>> later["mail"][0]
    '...'
    >>> panel = cb.link_waves({"start": start, "later": later}, on={"start": "email", "later": "mail"})
    >>> len(panel.links)
    1
    """
    secret = _secret(key)
    frame = read(data, allow_empty=True)
    refuse_series("columns", columns)
    wanted = check.names("columns", columns)
    if not wanted:
        raise InputError(
            "columns",
            allowed="at least one column",
            value=columns,
            fix="Name the columns that identify people.",
        )
    require(frame, wanted, "columns")
    refuse_header_rows(frame, "data")
    backend = nw.get_native_namespace(frame)
    new = []
    with _progress.showing("pseudonymizing") as tell:
        for column, reported in zip(wanted, _progress.parts(tell, *[100] * len(wanted)), strict=True):
            made = _pseudonyms(frame, column, secret, reported)
            new.append(nw.new_series(column, made, nw.String, backend=backend))
    return as_given(frame.with_columns(*new), data)


def _secret(key: object) -> bytes:
    """Check the key; whatever is wrong with it, no message may hold it."""
    secret = key.encode(errors="surrogatepass") if isinstance(key, str) else key
    if not isinstance(secret, bytes):
        raise InputError(
            "key",
            allowed=f"bytes or text of at least {_FEWEST_BYTES} bytes",
            received=type(key).__name__,
            fix=_HOW_TO_MAKE,
        )
    if len(secret) < _FEWEST_BYTES:
        raise InputError(
            "key",
            allowed=f"at least {_FEWEST_BYTES} bytes",
            received=f"{len(secret)} bytes",
            fix=_HOW_TO_MAKE,
        )
    return secret


def _pseudonyms(
    frame: NarwhalsFrame, column: str, secret: bytes, tell: Progress = _progress.silent
) -> list[str | None]:
    keyed = hmac.new(secret, digestmod="sha256")

    def pseudonym(identifier: str) -> str:
        own = keyed.copy()  # the key is worked in once
        own.update(identifier.encode(errors="surrogatepass"))
        return own.hexdigest()

    refuse_lost_digits(frame, column, "columns", where="the data")
    keys = normalised(frame, column, key_words(column))
    identifiers = [k for k, n in Counter(keys).items() if k is not None and _links(k, n)]
    made: dict[str | None, str] = {}
    for start in range(0, len(identifiers), _BLOCK):
        made |= {k: pseudonym(k) for k in identifiers[start : start + _BLOCK]}
        tell(start, len(identifiers))
    tell(1, 1)
    return [k and made.get(k) for k in keys]


def _links(key: str, rows: int) -> bool:
    """Tell whether an identifier that so many rows hold is one."""
    return not (is_damage(key) or is_phrase(key) or (rows > 1 and nobodys(key)))
