"""The three reports on the example study: every number that they are known for, for several seeds."""

from __future__ import annotations

import json
import tomllib
from typing import get_args

import pytest

import credbenefits as cb
from credbenefits._typing import ExampleReport
from credbenefits.cli import main
from credbenefits.reporting import charts
from credbenefits.study import command

REPORTS = get_args(ExampleReport)
SEEDS = (2023, 7)


class Report:
    """A report that was written, for one seed of the data."""

    def __init__(self, folder):
        self.text = (folder / "brief.md").read_text(encoding="utf-8")
        self.results = json.loads((folder / "results.json").read_bytes())["results"]

    def rows(self, table, **wanted):
        rows = self.results[table]
        return [row for row in rows if all(row[name] == value for name, value in wanted.items())]

    def counts(self, label):
        """Count and base of an unweighted share."""
        [row] = self.rows("estimates", label=label, population="")
        assert row["estimate"] == row["count"] / row["n"]
        assert row["conf_low"] < row["estimate"] < row["conf_high"] or row["count"] == 0
        return row["count"], row["n"]


@pytest.fixture(scope="module", params=SEEDS)
def written(request, tmp_path_factory):
    """Write all reports with the data of one seed, each to a folder that the call names."""
    folder = tmp_path_factory.mktemp(f"seed-{request.param}")
    with pytest.MonkeyPatch.context() as patch:
        data = cb.load_credentials(seed=request.param)
        patch.setattr(command, "load_credentials", lambda: {wave: rows.copy() for wave, rows in data.items()})
        for report in REPORTS:
            assert main(["example", "--report", report, "--out", str(folder / report)]) == 0
    return folder


@pytest.mark.once
@pytest.mark.parametrize("report", REPORTS)
def test_a_report_is_study_data_brief_tables_and_figures(report, written):
    names = {path.relative_to(written / report).as_posix() for path in (written / report).rglob("*.*")}
    study = {f"study/{name}" for name in ("study.toml", "start.csv", "completion.csv", "followup.csv")}
    assert names >= {"brief.html", "brief.md", "estimates.csv", "results.json", *study}
    assert [name for name in names if name.startswith("figures/") and name.endswith(".svg")]
    text = (written / report / "study" / "study.toml").read_text(encoding="utf-8")
    assert f"credbenefits example --report {report}" in text
    assert "SYNTHETIC" in text
    assert "Synthetic data" in Report(written / report).text
    assert tomllib.loads(text)["title"] in Report(written / report).text


def test_follow_up(written):
    report = Report(written / "follow-up")
    assert report.counts("improved job performance") == (40, 120)  # 33%
    assert report.counts("how performance improved: Better knowledge") == (12, 40)  # 30%
    assert report.counts("how performance improved: Better quality of work") == (10, 40)  # 25%
    change = "a change of job or study"
    assert report.counts(f"{change}: applications to different employers") == (23, 120)  # 19%
    assert report.counts(f"{change}: a first job") == (18, 120)  # 15%
    assert report.counts(f"{change}: a degree at the same university") == (0, 120)
    assert report.counts(f"{change}: a degree at a different university") == (19, 120)  # 16%
    assert report.counts("taking further alternative credentials") == (42, 120)  # 35%
    assert report.counts("employer support for the further credentials") == (15, 42)  # 36%
    for words in (
        "**33%** of the 120 follow-up respondents reported improved job performance (40 of 120;",
        "Better knowledge: **30%** (12 of 40;",
        "Better quality of work: **25%** (10 of 40;",
        "applications to different employers: **19%** (23 of 120;",
        "a first job: **15%** (18 of 120;",
        "a degree at the same university: **none** (0 of 120;",
        "a degree at a different university: **16%** (19 of 120;",
        "**35%** of the 120 follow-up respondents reported taking further alternative credentials (42 of 120;",
        "**36%** reported employer support for the further credentials (15 of 42;",
        "**120 of 2,288 people invited**",
    ):
        assert words in report.text


def test_benefits_and_costs(written):
    report = Report(written / "benefits-costs")
    people = {row["wave"]: row for row in report.rows("participation", rate="retention")}
    assert (people["completion"]["count"], people["completion"]["n"]) == (431, 25_891)
    then, now = (report.rows("changes", measure=f"{which}_wave")[0] for which in ("first", "second"))
    assert (then["count"], then["n"], round(100 * then["estimate"], 1)) == (255, 412, 61.9)
    assert (now["count"], now["n"], round(100 * now["estimate"], 1)) == (264, 412, 64.1)
    [change] = report.rows("changes", measure="net_change")
    assert change["estimate"] == pytest.approx(9 / 412, abs=1e-15)
    # The interval is of the same people: of 27 who found full-time work and 18 who left it.
    interval = cb.paired_interval(237, 18, 27, 130)[:2]
    assert (change["conf_low"], change["conf_high"]) == pytest.approx(interval, abs=1e-12)
    for words in ("25,891", "2,288", "Of the 412 learners", "61.9% (255)", "64.1% (264)"):
        assert words in report.text


def test_retention_by_subgroup(written):
    report = Report(written / "benefits-costs")
    again = report.rows("retention", wave="start", found_in="completion")
    [everybody] = [row for row in again if not row["group"]]
    assert (everybody["count"], everybody["n"]) == (431, 25_891)
    by_employment = [row for row in again if row["group"].startswith("employment = ")]
    assert len(by_employment) == 4
    assert all(row["conf_low"] < row["estimate"] < row["conf_high"] for row in by_employment)
    small = [row for row in report.results["retention"] if "small_base" in row["flags"]]
    assert small
    for row in small:
        assert row["n"] < 30
    assert report.text.count("(small group") >= len(small)
    assert "1,857 of the 2,288 people in" in report.text  # who may have been there and were not linked
    assert "could not be linked are not among them" in report.text


def test_employer_support(written):
    report = Report(written / "employer-support")
    support = "support from the employer"
    assert report.counts(f"{support}: Asked me to take the program") == (316, 2288)
    assert report.counts(f"{support}: Covered the fees") == (277, 2288)
    assert report.counts(f"{support}: Paid for study time") == (211, 2288)
    # Of the 316, 277 and 211: 44 have all three, 70, 49 and 30 two.
    assert report.counts(f"{support}: any of these") == (316 + 277 + 211 - 70 - 49 - 30 - 2 * 44, 2288)
    assert report.counts(f"further {support}: 2 chosen") == (44, 316)  # 14%
    assert report.counts(f"further {support}: 0 chosen") == (153, 316)  # 48%
    for words in (
        "asked by the employer to take the program: **13.8%** (316 of 2,288;",
        "fees covered by the employer: **12.1%** (277 of 2,288;",
        "study time paid by the employer: **9.2%** (211 of 2,288;",
        "any of these three: **24.8%** (567 of 2,288;",
        "both of the two: **13.9%** (44 of 316;",
        "neither fees nor study time: **48.4%** (153 of 316;",
    ):
        assert words in report.text


@pytest.mark.parametrize("report", REPORTS)
def test_it_goes_to_a_folder_of_its_own_below_the_current_one(report, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(charts, "wanted", lambda figures: False)  # they take long, and are looked at above
    assert main(["example", "--report", report]) == 0
    assert [path.name for path in tmp_path.iterdir()] == [f"credbenefits-{report}"]
    assert f"credbenefits-{report}" in capsys.readouterr().out.splitlines()[0]


@pytest.mark.parametrize(
    ("arguments", "argument", "words"),
    [
        ([], "DIR", "credbenefits example my-study"),
        (["here", "--report", "follow-up"], "DIR", "--out here"),
        (["here", "--out", "there"], "--out", "without --out"),
        (["--out", "there"], "DIR", "or a report"),
        (["--report", "follow-up", "--out", " "], "--out", "--out . is the current one"),
    ],
)
def test_what_cannot_be_meant_together_is_refused(arguments, argument, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["example", *arguments]) == 2
    told = capsys.readouterr().err
    assert f"`{argument}`" in told
    assert words in told
    assert not list(tmp_path.iterdir())


def test_an_unknown_report_is_refused_and_the_three_are_named(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["example", "--report", "benefits"])
    assert stop.value.code == 2
    told = capsys.readouterr().err
    assert all(report in told for report in REPORTS)
