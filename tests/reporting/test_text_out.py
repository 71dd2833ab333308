"""Nothing that leaves the library steers what shows it: no control characters, no turned writing direction."""

import csv
import io
import re
import unicodedata
import warnings
import xml.etree.ElementTree as ET

import pandas as pd
import pytest

import credbenefits as cb
from credbenefits._text import printable
from credbenefits.cli import main
from credbenefits.errors import DataWarning, InputError
from credbenefits.reporting.formats.csv import csv_bytes

#: Every control character, every mark of direction, the line and paragraph separators, a byte-order mark
#: and a noncharacter.
STEERING = "".join(
    map(
        chr,
        [
            *range(0x20),
            *range(0x7F, 0xA0),
            0x61C,
            0x200E,
            0x200F,
            *range(0x2028, 0x202F),
            *range(0x2066, 0x206A),
            0xFEFF,
            0xFFFE,
        ],
    )
)
EVIL = "".join(f"{mark}=x{k}" for k, mark in enumerate(STEERING))
#: The line breaks of our own pages.
OURS = {"\n"}


def steering_in(text):
    return {
        f"U+{ord(c):04X}"
        for c in text
        if c not in OURS
        and (
            unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"}
            or c in STEERING
            or unicodedata.bidirectional(c) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
        )
    }


def test_printable_keeps_letters_and_joiners():
    for text in ("größer, 更好, עברית, العربية", "👩\u200d🔬", "می\u200cخواهم", "a  b", ""):
        assert printable(text) == text
    assert printable("a\r\nb\u2028c \t d") == "a b c d"
    assert printable("\u202eabc\x1b[31m") == "abc[31m"
    assert printable("\ud800") == "\ufffd"
    assert not steering_in(printable(EVIL))


@pytest.fixture(scope="module")
def everything():
    """Results whose column, label, answers, groups, waves and people all hold such characters."""
    n = 240
    start = pd.DataFrame({"id": range(n), EVIL: ["a" + EVIL, "b" + EVIL] * (n // 2)})
    end = pd.DataFrame(
        {
            "id": range(0, n, 2),
            "q": ["Yes", "No"] * (n // 4),
            "s": [EVIL, "k", "l"] * (n // 6),
            "g": [EVIL, "h"] * (n // 4),
            "again": ["No", "Yes"] * (n // 4),
        }
    ).rename(columns={"q": "q" + EVIL})
    waves = {"start" + EVIL: start, "end" + EVIL: end}
    panel = cb.link_waves(waves, on="id")
    weights = cb.attrition_weights(
        panel, EVIL, wave="end" + EVIL, to="start" + EVIL, population=EVIL, trim=None
    )
    item = cb.Item("q" + EVIL, label=EVIL)
    frame = panel.wave("end" + EVIL)
    return {
        "plain": cb.proportions(frame, item, people=EVIL),
        "levels": cb.proportions(frame, cb.Item("s", each_level=True, label=EVIL), people=EVIL),
        "grouped": cb.proportions(frame, item, by="g", people=EVIL),
        "weighted": cb.proportions(frame, item, weights=weights, people=EVIL),
        "compared": cb.compare_groups(frame, item, by="g", people=EVIL),
        "weights": weights,
        "balance": weights.balance,
        "panel": panel,
        "flow": panel.flow(),
    }


def test_results_print_and_show_none(everything):
    for name, result in everything.items():
        assert not steering_in(repr(result)), name
        assert not steering_in(str(result)), name
        if hasattr(result, "_repr_html_"):
            assert not steering_in(result._repr_html_()), name


def test_a_brief_holds_none(everything):
    shown = [everything[k] for k in ("plain", "levels", "weighted", "compared", "weights", "panel", "flow")]
    page = cb.brief(*shown, title=EVIL, note=EVIL)
    for text in (page.to_markdown(), page.to_html(), page._repr_html_(), repr(page), str(page)):
        assert not steering_in(text)
    for name, content in page.files().items():
        text = content.decode("utf-8-sig")
        assert not steering_in(text), name
        if name.endswith(".svg"):
            ET.fromstring(text)
        if name.endswith(".csv"):
            rows = list(csv.reader(io.StringIO(text)))
            assert len({len(row) for row in rows}) == 1
            assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row)


@pytest.mark.parametrize("value", [EVIL, [EVIL], {EVIL: EVIL}, (EVIL, 3)])
def test_errors_quote_none(value):
    data = pd.DataFrame({"a": ["Yes", "No"] * 20, EVIL: ["Yes", "No"] * 20})
    calls = [
        lambda: cb.proportions(data, EVIL[:9]),
        lambda: cb.proportions(data, "a", confidence_level=value),
        lambda: cb.proportions(data, "a", by="a" + EVIL),
        lambda: cb.proportions(data.replace("Yes", EVIL), "a"),
        lambda: cb.Item("a", label=3, yes=value),
    ]
    for call in calls:
        with pytest.raises(InputError) as found:
            call()
        assert not steering_in(str(found.value))


def test_warnings_quote_none():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.warn(f"wave {EVIL}", DataWarning, stacklevel=1)
    assert not steering_in(str(caught[0].message))


def test_the_command_prints_none(tmp_path, capsys):
    assert main(["brief", "no\u202eth\x1bing.toml", "--out", str(tmp_path / "out")]) == 2
    printed = capsys.readouterr()
    assert not steering_in(printed.err)
    assert main(["example", str(tmp_path / "a\u202eb")]) == 0
    assert not steering_in(capsys.readouterr().out)


# ---- CSV -------------------------------------------------------------------------------------------------


def test_every_text_field_of_a_csv_is_quoted_and_no_number_is():
    frame = pd.DataFrame(
        {
            "name": ["north\r=2+5+cmd", "x,y", 'say "hi"', "", None],
            "n": [1, 2, 3, 4, 5],
            "share": [0.5, float("nan"), 1 / 3, 1e-9, -2.0],
            "yes": [True, False, True, True, False],
            "day": pd.to_datetime(["2024-01-02"] * 5),
            "kind": pd.Categorical(["a", "b", "a", None, "b"]),
            "whole": pd.array([1, None, 3, 4, 5], dtype="Int64"),
            "mixed": [1, "1", 2.5, None, True],
        }
    )
    assert csv_bytes(frame).decode("utf-8-sig").split("\n") == [
        '"name","n","share","yes","day","kind","whole","mixed"',
        '"north =2+5+cmd",1,0.5,True,"2024-01-02","a",1,1',
        '"x,y",2,,False,"2024-01-02","b",,"1"',
        '"say ""hi""",3,0.3333333333333333,True,"2024-01-02","a",3,2.5',
        '"",4,1e-09,True,"2024-01-02",,4,',
        ',5,-2.0,False,"2024-01-02","b",5,True',
        "",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@x",
        "\t=1",
        "\r=1",
        "\n=1",
        "\u202e=1",
        "\x00=1",
        "\ufeff=1",
        " =1",
        "\u200b=1",
        "＝1+1",
        "x;=1+1",
        "x; =1+1",
        "\u3000=1",
    ],
)
def test_no_cell_is_a_formula(text):
    # Also where a program takes ";" for the separator: then quotes in the middle of a cell mean nothing.
    raw = csv_bytes(pd.DataFrame({"n": [1], text: [text]})).decode("utf-8-sig")
    cells = [c for line in raw.splitlines() for c in [*next(csv.reader([line])), *line.split(";")]]
    assert not any(re.match(r"[\s\"]*[=+\-@＝]", cell) for cell in cells), raw


def test_a_csv_is_the_same_table_when_read_back():
    frame = pd.DataFrame({"text": ["a", "b,c", 'd"e'], "x": [0.1, 2 / 3, 1e300], "n": [1, -2, 3]})
    pd.testing.assert_frame_equal(pd.read_csv(io.BytesIO(csv_bytes(frame))), frame)
