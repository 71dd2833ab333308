"""The page of a brief: its parts in order, nothing loaded or run, readable on a phone, on paper, in the dark."""

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from colours import contrast
from credbenefits.reporting.blocks import (
    Bullets,
    Grid,
    Paragraph,
    Picture,
    Section,
    Statement,
    Statements,
)
from credbenefits.reporting.formats import html, markdown, style
from credbenefits.reporting.plots.palette import BLUE, DARK, GREY, INK, PAPER
from credbenefits.results.parts import Strong

pytest.importorskip("matplotlib")

EVIL = '<script>alert("x")</script> & <b onclick=x>'
VOID = {"meta", "br", "path", "input"}


class Page(HTMLParser):
    """The elements of a page with their attributes, the elements that they are in, and their text."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.open, self.elements = [], []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        element = {"tag": tag, "in": [e["tag"] for e in self.open], "text": "", **dict(attrs)}
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.elements.append({"tag": tag, "in": [e["tag"] for e in self.open], "text": "", **dict(attrs)})

    def handle_endtag(self, tag):
        assert self.open.pop()["tag"] == tag

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def all(self, *tags):
        return [element for element in self.elements if element["tag"] in tags]


@pytest.fixture(scope="module")
def brief():
    rng = np.random.default_rng(2)
    n = 240
    data = pd.DataFrame(
        {
            "job": rng.choice(["yes", "no"], n),
            "rare": rng.choice(["yes", "no"], n, p=[0.05, 0.95]),
            "why": rng.choice(["better knowledge", "quality", EVIL], n),
            "role": rng.choice(["nurse", "doctor", EVIL], n),
            "w": rng.random(n) + 0.5,
        }
    )
    items = [cb.Item("job", label="a better job"), cb.Item("rare", label=EVIL)]
    return cb.brief(
        cb.proportions(data, items),
        cb.proportions(data, cb.Item("why", each_level=True, label="the reason")),
        cb.proportions(data, items, weights="w"),
        cb.compare_groups(data, items[0], by="role"),
        title="One year on " + EVIL,
        note="Synthetic data.",
    )


@pytest.fixture(scope="module")
def page(brief):
    return Page(brief.to_html())


def test_nothing_is_loaded_and_nothing_runs(brief, page):
    (policy,) = [e["content"] for e in page.all("meta") if e.get("http-equiv") == "Content-Security-Policy"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    tags = {element["tag"] for element in page.elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "form", "base", "image", "use"}
    for element in page.elements:
        assert not [name for name in element if name.startswith("on")]
        for name in ("src", "href", "xlink:href"):
            assert element.get(name, "#").startswith("#")
    source = brief.to_html()
    assert set(re.findall(r"\w+://[^\"' <]*", source)) == {"http://www.w3.org/2000/svg"}  # the name of SVG
    assert "@import" not in source
    assert "url(" not in source


def test_headings_go_down_one_level_at_a_time_and_the_language_is_said(page):
    levels = [int(e["tag"][1]) for e in page.all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    (root,) = page.all("html")
    assert root["lang"] == "en"
    assert page.all("title")[0]["text"] == page.all("h1")[0]["text"]


def test_the_appendix_has_a_table_of_contents_whose_links_lead_somewhere(page):
    ids = [e["id"] for e in page.elements if "id" in e]
    assert len(ids) == len(set(ids))
    links = [e for e in page.all("a") if "nav" in e["in"]]
    assert [link["href"].removeprefix("#") for link in links] == ids
    heads = [e["text"] for e in page.all("h3")]
    assert [link["text"] for link in links] == heads
    assert heads[-1] == "Read this before quoting"
    assert [e["text"] for e in page.all("h2")][-1] == "Appendix"


def test_the_findings_and_their_chart_come_first(page):
    texts = [e["text"] for e in page.all("h2")]
    assert texts[0] == "Key takeaways"
    order = [e["tag"] for e in page.elements if e["tag"] in {"h1", "h2", "svg", "table", "nav"}]
    assert order.index("svg") < order.index("nav") < order.index("table")


def test_every_figure_states_its_numbers_in_words(brief, page):
    figures = page.all("svg")
    assert len(figures) == 2 * len(brief._pictures)  # for the page, and for a phone
    for figure in figures:
        assert figure["role"] == "img"
        drawn = set(re.findall(r"\d[\d.]*%", figure["text"]))
        assert drawn
        assert drawn <= set(re.findall(r"\d[\d.]*%", figure["aria-label"]))
    classes = [figure["class"].split()[1] for figure in figures]
    assert classes == ["cb-narrow", "cb-wide"] * len(brief._pictures)


def test_text_of_figures_is_text(brief):
    for name, content in brief.files().items():
        if name.endswith(".svg"):
            root = ET.fromstring(content)
            said = [t.text for t in root.iter("{http://www.w3.org/2000/svg}text")]
            assert any("%" in text for text in said)
            assert root.get("role") == "img"
            assert root.get("aria-label")
            (rules,) = root.iter("{http://www.w3.org/2000/svg}style")
            assert "prefers-color-scheme:dark" in rules.text


def test_numbers_stand_on_the_right_of_their_columns(page):
    cells = page.all("td")
    numbers = [e for e in cells if re.fullmatch(r"[\d.,% ()to−+–]+", e["text"])]
    assert len(numbers) > 10
    assert all(e.get("class") == "cb-number" for e in numbers)
    for e in page.all("th"):
        if e["text"] in {"Weighted estimate", "Effective sample"}:
            assert e["class"] == "cb-number"
    assert "tabular-nums" in style.BRIEF


def test_numbers_in_the_first_column_stand_below_their_heading():
    grid = Grid("Sizes", ("People", "Share"), (("500", "1%"), ("5,000", "2%")), (True, True))
    made = Page(html.fragment("t", [Section("Sizes", (grid,))]))
    assert [e.get("class") for e in made.all("th") if "," in e["text"] or e["text"] == "People"] == [
        "cb-number"
    ] * 2


def test_every_number_below_0_has_a_true_minus(brief):
    shown = re.sub(r"<style>.*?</style>", "", brief.to_html(), flags=re.DOTALL)
    visible = re.sub(r"<[^>]*>", " ", shown) + " ".join(re.findall(r'aria-label="([^"]*)"', shown))
    texts = [visible, re.sub(r"\]\([^)]*\)", "", brief.to_markdown())]
    texts += [c.decode() for name, c in brief.files().items() if name.endswith(".svg")]
    for text in texts[:2]:
        assert re.search(r"−\d", text)
    for text in texts:
        assert not re.findall(
            r"(?<![\w.\-)])-\d[\d.]*(?![\w\-\" ])", re.sub(r'="[^"]*"|<style>.*?</style>', "", text)
        )
    numbers = brief.files()["differences.csv"].decode("utf-8-sig")
    assert "−" not in numbers
    assert re.search(r",-0\.\d", numbers)


def test_tables_are_cards_on_a_phone_and_are_tables_still(page):
    for e in page.all("td"):
        assert e["role"] == "cell"
        assert e["data-label"]
    roles = {"table": "table", "tr": "row", "thead": "rowgroup", "tbody": "rowgroup"}
    assert all(e["role"] == roles[e["tag"]] for e in page.all(*roles))
    assert {e["role"] for e in page.all("th")} == {"columnheader", "rowheader"}
    boxes = [e for e in page.all("div") if e.get("class", "").startswith("cb-table")]
    assert len(boxes) == len(page.all("table"))  # what is too wide scrolls inside its box
    phone = style.BRIEF.split("max-width:40rem")[1].split("@media")[0]
    assert "content:attr(data-label)" in phone
    assert "width:" not in re.sub(r"(max-|border-)?width:(auto|1px)|min-width:0", "", phone)


def test_what_belongs_together_is_not_parted_on_paper():
    paper = style.BRIEF.split("@media print")[1]
    for what in ("tr", "figure", ".cb-caution"):
        assert re.search(rf"\.cb-brief {re.escape(what)}[,{{][^}}]*break-inside:avoid", paper)
    assert "table-header-group" in paper
    assert "size:A4" in style.PAGE
    assert "@page" not in style.BRIEF
    assert "screen and (max-width" in style.BRIEF  # paper has no cards


def test_a_notebook_keeps_its_own_looks(brief):
    shown = brief._repr_html_()
    (rules,) = re.findall(r"<style>(.*?)</style>", shown, re.DOTALL)
    assert "<style" not in shown.replace("<style>", "", 1)
    for selectors in re.findall(r"([^{}]+)\{[^{}]*\}", re.sub(r"@media[^{]*\{", "", rules)):
        for selector in selectors.split(","):
            assert re.match(r"\s*\.cb-brief\b", selector), selector
    assert shown.count('class="cb-brief"') == 1
    assert 'http-equiv="Content' not in shown
    other = cb.brief(
        cb.proportions(pd.DataFrame({"a": [1, 0] * 40}), "a"), title="Another", figures=False
    )._repr_html_()
    assert not set(re.findall(r' id="([^"]*)"', shown)) & set(re.findall(r' id="([^"]*)"', other))


def test_data_is_never_markup(brief, page):
    assert "<b onclick" not in brief.to_html()
    assert "<script" not in brief.to_html()
    assert any(EVIL in e["text"] for e in page.all("h1"))
    assert "\\<script\\>" in brief.to_markdown()


# ---- colours -----------------------------------------------------------------------------------------------


def test_text_can_be_told_from_its_paper():
    light, dark = (
        dict(re.findall(r"--(\w+):(#\w{6})", part))
        for part in style.BRIEF.split("prefers-color-scheme:dark")[:2]
    )
    for colors in (light, dark):
        for text, paper in (
            ("ink", "paper"),
            ("soft", "paper"),
            ("strong", "paper"),
            ("ink", "warnbg"),
            ("warn", "warnbg"),
        ):
            assert contrast(colors[text], colors[paper]) >= 4.5, (text, colors)
    assert [light[name] for name in ("ink", "soft", "paper", "strong")] == [INK, GREY, PAPER, BLUE]
    assert [dark[name] for name in ("ink", "soft", "paper", "strong")] == [
        DARK[c] for c in (INK, GREY, PAPER, BLUE)
    ]


# ---- blocks of any content -----------------------------------------------------------------------------------


def sections():
    grid = Grid(
        "a | caption",
        ("Wave", "People", "Words"),
        (("a|b", "1,200", "x"), ("c", "−3", "y")),
        (False, True, False),
    )
    picture = Picture("p", "Shares: 33%.", '<svg class="cb-figure" x="1"><text>33%</text></svg>')
    estimate = Statement(("Estimated: 30%.",), (("a: 9%",),))
    finding = Statement((Strong("33%"), "of 120."), (("a: 10%",), ("b: 20%",)), picture, (estimate,))
    return [
        Section("", (Paragraph(("What was asked.",)),), "head"),
        Section("Key takeaways", (Statements((finding,)),), "findings"),
        Section("Careful", (Bullets((("one",),)),), "caution"),
        Section("Who took part?", (grid,)),
        Section("Who took part?", (Paragraph(("again",)),)),
        Section("更好", (Paragraph(("letters of all kinds",)),)),
        Section("Read this", (Bullets((("two",),)),), "caution"),
    ]


def test_markdown_has_the_same_parts_in_the_same_order():
    text = markdown.render("A title", sections(), "figures")
    heads = re.findall(r"^#+ .*", text, re.MULTILINE)
    assert heads == [
        "# A title",
        "## Key takeaways",
        "## Careful",
        "## Appendix",
        "### Who took part?",
        "### Who took part?",
        "### 更好",
        "### Read this",
    ]
    contents = "- [Who took part?](#who-took-part)\n- [Who took part?](#who-took-part-1)\n- [更好](#更好)\n"
    assert contents in text
    assert "| Wave | People | Words |\n| --- | --: | --- |\n| a\\|b | 1,200 | x |" in text
    assert "- **33%** of 120.\n" in text
    assert "![Shares: 33%.](figures/p.svg)" in text
    assert "\n  - Estimated: 30%.\n    - a: 9%\n" in text
    assert markdown.render("t", sections()[:3], None).count("Appendix") == 0


def test_html_has_the_same_parts_in_the_same_order():
    page = Page(html.page("A title", sections()))
    heads = [(e["tag"], e["text"]) for e in page.all("h1", "h2", "h3")]
    assert heads == [
        ("h1", "A title"),
        ("h2", "Key takeaways"),
        ("h2", "Careful"),
        ("h2", "Appendix"),
        ("h3", "Who took part?"),
        ("h3", "Who took part?"),
        ("h3", "更好"),
        ("h3", "Read this"),
    ]
    ids = [e["id"] for e in page.elements if "id" in e]
    assert len(set(ids)) == 4
    (figure,) = page.all("svg")  # one that has no narrow form is shown on phones too
    assert figure["class"] == "cb-figure cb-wide"
    assert figure["aria-label"] == "Shares: 33%."
    assert [e.get("class") for e in page.all("td")] == ["cb-number", None] * 2
    assert not Page(html.page("t", sections()[:3])).all("nav")


def test_a_figure_of_a_balance_calls_groups_as_the_page_does():
    people = pd.DataFrame({"id": range(200), "arm": ["t", "c"] * 100})
    panel = cb.link_waves({"start": people, "end": people.iloc[:90]}, on="id")
    weights = cb.attrition_weights(panel, "arm", wave="end", to="start")
    result = cb.proportions(panel.wave("end"), cb.Item("arm", yes="t"))
    called = {"arm": {"t": "treated", "c": "control"}}
    files = cb.brief(result, weights, title="t", labels={"arm": "the arm"}, level_labels=called).files()
    assert "the arm: treated" in files["figures/balance.svg"].decode()
