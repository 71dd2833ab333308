"""The brief: what stands in it, that it cannot be misread, and that no text from data becomes markup."""

import csv
import io
import re
from html import escape
from html.parser import HTMLParser

import pandas as pd
import pytest

import credbenefits as cb
from credbenefits.errors import InputError, MissingExtraError
from credbenefits.reporting import charts
from credbenefits.reporting.folder import write_folder
from credbenefits.reporting.formats.csv import csv_bytes, guarded
from credbenefits.reporting.plots import base

PEOPLE = "follow-up respondents"
ITEMS = [
    cb.Item("performance_improved", label="improved job performance"),
    cb.Item("degree_same_university", label="a degree at the same university"),
]


@pytest.fixture(scope="module")
def study():
    panel = cb.link_waves(
        cb.load_credentials(), on=["learner_id", "email"], exclude={"status": "Survey Preview"}
    )
    answers = cb.split_choices(panel.wave("followup"), "performance_how")
    weights = cb.attrition_weights(
        panel,
        ["employment", "education"],
        wave="followup",
        to="completion",
        check=["region"],
        population="completers",
    )
    linked = panel.wave("followup", also_in="completion", carry={"completion": ["employment"]})
    how = cb.Item("performance_how: Better knowledge", label="better knowledge")
    return {
        "plain": cb.proportions(answers, ITEMS, people=PEOPLE),
        "nested": cb.proportions(answers, how, among=ITEMS[0], people=PEOPLE),
        "weighted": cb.proportions(linked, ITEMS, weights=weights, people=PEOPLE),
        "compared": cb.compare_groups(linked, ITEMS[0], by="employment_completion", people=PEOPLE),
        "weights": weights,
        "panel": panel,
        "flow": panel.flow(invited={"followup": 2288}),
    }


@pytest.fixture(scope="module")
def page(study):
    return cb.brief(*study.values(), title="One year on", note="Synthetic data: nobody is real.")


def test_takeaways_are_those_of_the_published_brief_with_their_bases(page):
    text = page.to_markdown()
    assert "**33%** of the 120 follow-up respondents reported improved job performance (40 of 120; " in text
    assert (
        "Among the 40 follow-up respondents who reported improved job performance, **30%** reported" in text
    )
    assert (
        "**None** of the 120 follow-up respondents reported a degree at the same university (0 of 120; "
        in text
    )
    assert "95% interval 0% to 3%; rates up to 3% cannot be ruled out" in text


def test_nested_findings_stand_behind_their_parent(page):
    text = page.to_markdown()
    bullets = [line.strip() for line in text.splitlines() if line.strip().startswith(("- ", "Estimated"))]
    parent = next(i for i, line in enumerate(bullets) if "33%" in line)
    assert (
        "Estimated: **30%** of the 2,288 completers would report improved" in bullets[parent + 1]
    )  # its pair
    assert "better knowledge" in bullets[parent + 2]


def test_the_page_is_head_findings_and_what_they_stand_for_then_the_appendix(page):
    """What a reader wants comes first (it opened with cautions before); the cautions end it, as before."""
    text = page.to_markdown()
    heads = re.findall(r"^##+ (.*)$", text, flags=re.MULTILINE)
    heads.remove("Appendix")
    assert heads == [
        "Key takeaways",
        "What these numbers stand for",
        "Comparisons between groups",
        "Weighted beside unweighted",
        "Who is in every denominator",
        "Who took part",
        "Those who answered against the population",
        "How the numbers were made",
        "Read this before quoting",
    ]
    opening = text[: text.index("## Key takeaways")]
    assert "Synthetic data" in opening
    assert "**120 of 2,288 people invited** answered “followup” with a usable key (5.2%)" in opening
    kinds = [section.kind for section in page._sections]
    assert kinds == ["head", "findings", "caution", *["appendix"] * 6, "caution"]
    assert len({section.anchor for section in page._sections}) == len(kinds)


@pytest.mark.parametrize(
    "words",
    [
        "Volunteers.",
        "What was measured. Answers are counted as people gave them.",  # not all that is asked is a benefit
        "effective sample",
        "who answered and is not found there has no weight",
        "6 comparisons (differences of",
        "“% of everybody” for a share of follow-up respondents",  # learners only where the study says learners
        "do not cover the possibility that those who did not answer are different",
        "3 of 133 rows of “followup”",
    ],
)
def test_the_caution_block_holds(page, words):
    text = page.to_markdown()
    assert words in text[text.index("## Read this before quoting") :].replace("**", "")


def test_weighted_stands_beside_unweighted_and_zero_is_not_printed_as_a_rate(page, study):
    section = page.to_markdown().split("## Weighted beside unweighted")[1].split("## ")[0]
    row = study["weighted"].rows[0]
    assert (row.count, row.n) == (37, 111)
    assert f"| improved job performance | 33% (37 of 111) | {row.estimate:.0%} |" in section
    assert "of 120)" not in section
    zero = next(line for line in section.splitlines() if "same university" in line)
    assert "none observed" in zero
    assert "0% to 4%" in zero


def test_without_weights_it_says_so(study):
    text = cb.brief(study["plain"], title="t", figures=False).to_markdown()
    assert "**Not weighted.**" in text
    assert "Weighted beside unweighted" not in text
    assert "**Response rate: not stated.**" in text


def test_only_weighted_results_are_called_estimates(study):
    text = cb.brief(study["weighted"], study["weights"], title="t", figures=False).to_markdown()
    takeaways = text.split("## Key takeaways")[1].split("## ")[0]
    assert takeaways.count("Estimated: **") == 2
    assert "of the 2,288 completers would report" in takeaways


class Reader(HTMLParser):
    """Collects tags, and anything that would reach for the network."""

    def __init__(self):
        super().__init__()
        self.tags = []
        self.text = []
        self.outside = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            if name in {"src", "href", "xlink:href"} and not (value or "").startswith("#"):
                self.outside.append((tag, name, value))

    def handle_data(self, data):
        self.text.append(data)


def test_html_is_one_file_without_network_or_script(page):
    html = page.to_html()
    reader = Reader()
    reader.feed(html)
    assert reader.outside == []
    assert "script" not in reader.tags
    assert reader.tags.count("svg") >= reader.tags.count("figure") == 5
    assert '<meta name="viewport"' in html
    assert 'lang="en"' in html
    assert "@media print" in html
    assert "url(http" not in html
    assert all(escape(picture.alt) in html for picture in page._pictures)


def test_the_same_input_gives_the_same_files(study):
    first = cb.brief(*study.values(), title="t").files()
    assert cb.brief(*study.values(), title="t").files() == first


EVIL = "<script>alert(1)</script>|**x**\n=HYPERLINK(1)"


@pytest.fixture(scope="module")
def evil():
    data = pd.DataFrame({EVIL: ["Yes"] * 30 + ["No"] * 30, "g": [EVIL, "b"] * 30})
    item = cb.Item(EVIL, label=EVIL)
    result = cb.proportions(data, item, people=EVIL)
    grouped = cb.proportions(data, item, by="g", people=EVIL)
    compared = cb.compare_groups(data, item, by="g", people=EVIL)
    return cb.brief(result, grouped, compared, title=EVIL, note=EVIL)


def test_text_from_data_cannot_become_html(evil):
    for html in (evil.to_html(), evil._repr_html_()):
        reader = Reader()
        reader.feed(html)
        assert "script" not in reader.tags
        assert "alert(1)" in "".join(reader.text)


def test_text_from_data_cannot_become_markdown(evil):
    text = evil.to_markdown()
    assert "<script>" not in text.replace("\\<", "")
    assert "|**x**" not in text
    widths = {len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines() if line.startswith("| ")}
    assert widths <= {7, 8}  # six and seven columns: no cell broke out of its column


def test_text_from_data_cannot_become_a_formula(evil):
    rows = list(csv.reader(io.StringIO(evil.files()["estimates.csv"].decode("utf-8-sig"))))
    assert not any(cell.startswith(("=", "@", "\t")) for row in rows for cell in row)
    assert guarded("=1+1") == "'=1+1"
    assert guarded("-8") == "'-8"
    assert guarded(-8) == -8
    assert guarded("a=b") == "a=b"


def test_csv_keeps_numbers_as_numbers():
    text = csv_bytes(pd.DataFrame({"=a": ["+x", None], "d": [-0.5, 1.0]})).decode("utf-8-sig")
    assert text.splitlines() == ['"\'=a","d"', '"\'+x",-0.5', ",1.0"]


def test_estimates_hold_every_number_once(page, study):
    frame = page.to_frame()
    assert len(frame) == sum(len(study[k].rows) for k in ("plain", "nested", "weighted"))
    assert set(frame["population"]) == {"", "completers"}
    back = pd.read_csv(io.BytesIO(page.files()["estimates.csv"]))
    pd.testing.assert_series_equal(back["estimate"], frame["estimate"], check_exact=False, rtol=1e-12)
    assert (back["count"] == frame["count"]).all()


def test_save_writes_everything(page, tmp_path):
    written = page.save(tmp_path / "new" / "folder")
    names = sorted(str(p.relative_to(tmp_path / "new" / "folder")) for p in written)
    assert names == [
        "balance.csv",
        "brief.html",
        "brief.md",
        "differences.csv",
        "estimates.csv",
        "figures/balance.svg",
        "figures/difference-in-improved-job-performance-by-employment-completion.svg",
        "figures/findings.svg",
        "figures/participation.svg",
        "figures/weighted.svg",
        "ledger.csv",
        "participation.csv",
        "results.json",
        "weights.csv",
    ]
    assert not list((tmp_path / "new" / "folder").glob(".writing-*"))
    for link in re.findall(r"\]\((figures/[^)]+)\)", (tmp_path / "new/folder/brief.md").read_text()):
        assert (tmp_path / "new" / "folder" / link).is_file()


def test_nothing_is_half_written(tmp_path):
    (tmp_path / "blocked").write_text("a file where a folder should be")
    with pytest.raises(InputError, match="blocked"):  # named like any other file that is not ours
        write_folder(tmp_path, {"a.txt": b"a", "blocked/b.txt": b"b"})
    assert not (tmp_path / "a.txt").exists()


def test_it_shows_itself(page):
    assert repr(page).startswith("<Brief 'One year on': Key takeaways, What these numbers stand for")
    assert str(page) == page.to_markdown()
    assert page._repr_html_().startswith("<style>")


@pytest.mark.parametrize(
    ("results", "words"),
    [((), "proportions"), (("text",), "got str"), ((pd.DataFrame(),), "DataFrame")],
)
def test_bad_results_raise(results, words):
    with pytest.raises(InputError, match=words):
        cb.brief(*results, title="t")


def test_blank_title_raises(study):
    with pytest.raises(InputError, match="`title`"):
        cb.brief(study["plain"], title=" ")


def test_without_matplotlib(study, monkeypatch):
    for module in (charts, base):
        monkeypatch.setattr(module, "can_draw", lambda: False)
    with pytest.warns(UserWarning, match=r"credbenefits\[plot\]"):
        page = cb.brief(study["plain"], title="t")
    assert "<svg" not in page.to_html()
    with pytest.raises(MissingExtraError, match=r"credbenefits\[plot\]"):
        cb.brief(study["plain"], title="t", figures=True)
    with pytest.raises(MissingExtraError, match="matplotlib"):
        study["plain"].plot()
    cb.brief(study["plain"], title="t", figures=False)


def test_a_group_nobody_answered_in_has_no_percentage():
    data = pd.DataFrame({"a": [1, 0, 1, None, None], "g": ["x", "x", "x", "y", "y"]})
    text = cb.brief(cb.proportions(data, "a", by="g"), title="t", figures=False).to_markdown()
    assert "nan" not in text.lower()


def test_a_share_without_degrees_of_freedom_has_no_interval_in_words():
    data = pd.DataFrame({"a": [1, 0] * 20, "w": [1.0, 2.0] * 20, "c": [1] * 40})
    result = cb.proportions(
        data, "a", weights="w", design=cb.SurveyDesign(clusters="c", lonely_psu="certainty")
    )
    assert "no_df" in result.rows[0].flags
    text = cb.brief(result, title="t", figures=False).to_markdown()
    assert "no interval can be given" in text
    assert "nan" not in text.lower()


def test_notes_of_results_are_printed():
    data = pd.DataFrame({"a": [1, 0] * 20, "w": [0.0] + [1.0] * 39})
    text = cb.brief(cb.proportions(data, "a", weights="w"), title="t", figures=False).to_markdown()
    assert "1 row has weight 0 and takes no part." in text
    boot = cb.proportions(data, "a", weights="w", method="bootstrap")
    assert "Bootstrap seed" in cb.brief(boot, title="t", figures=False).to_markdown()


def test_differences_have_a_file_of_their_own(page, study):
    back = pd.read_csv(io.BytesIO(page.files()["differences.csv"]))
    assert len(back) == study["compared"].n_comparisons
    assert set(back["by"]) == {"employment_completion"}


def test_levels_are_printed_as_they_are():
    data = pd.DataFrame({"a": [1, 0] * 40, "g": ["x", "y", "y", "x"] * 20})
    result = cb.proportions(data, "a", confidence_level=0.995)
    text = cb.brief(result, title="t").to_markdown()
    assert "99.5% interval" in text
    assert "100%" not in repr(result) + text
    compared = cb.compare_groups(data, "a", by="g", confidence_level=0.995)
    assert "99.5%" in repr(compared)


def test_one_column_read_in_two_ways_keeps_its_own_numbers():
    data = pd.DataFrame({"r": [5] * 20 + [4] * 20 + [1] * 60, "w": [1.0] * 100})
    items = [cb.Item("r", yes=5, label="fully"), cb.Item("r", yes=[4, 5], label="at least mostly")]
    plain, weighted = cb.proportions(data, items), cb.proportions(data, items, weights="w")
    text = cb.brief(plain, weighted, title="t", figures=False).to_markdown()
    table = text.split("## Weighted beside unweighted")[1]
    assert "| fully | 20% (20 of 100) | 20% |" in table
    assert "| at least mostly | 40% (40 of 100) | 40% |" in table


def test_weights_of_some_people_do_not_speak_for_all(study):
    panel, weights = study["panel"], study["weights"]
    some = panel.wave("followup", also_in="completion").iloc[:60]
    with pytest.warns(UserWarning, match="51 of the 111 weighted people are not in the data"):
        result = cb.proportions(some, ITEMS[0], weights=weights, people=PEOPLE)
    text = cb.brief(result, title="t", figures=False).to_markdown()
    assert "2,288 completers would" not in text
    assert "51 of the 111 weighted people are not in the data" in text
    assert result.population == ""


def test_weighted_differences_are_called_estimates(study):
    linked = study["panel"].wave("followup", also_in="completion", carry={"completion": ["employment"]})
    compared = cb.compare_groups(
        linked, ITEMS[0], by="employment_completion", weights=study["weights"], people=PEOPLE
    )
    text = cb.brief(compared, title="t", figures=False).to_markdown()
    assert "2 of 8 (weighted estimate" in text
    assert "**Not weighted.**" not in text
    assert "weighted to completers" in text


def test_one_brief_has_one_panel(study):
    with pytest.raises(InputError, match="at most one Panel"):
        cb.brief(study["plain"], study["panel"], study["panel"], title="t")


@pytest.mark.parametrize(
    ("name", "value"), [("note", None), ("note", 3), ("figures", "no"), ("figures", [1])]
)
def test_options_of_another_kind_raise(study, name, value):
    with pytest.raises(InputError, match=f"`{name}`"):
        cb.brief(study["plain"], title="t", **{name: value})


def test_a_weighted_zero_reads_as_a_sentence(study):
    text = cb.brief(study["weighted"], study["weights"], title="t", figures=False).to_markdown()
    assert (
        "Estimated: **none** of the 111 people who stand for the 2,288 completers reported a degree at the "
        "same university (0% unweighted: 0 of 111 with a weight;"
    ) in text
