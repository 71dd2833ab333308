"""Words come from the study: briefs on patients and on employees have no sentence that is not so."""

import re

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits.errors import InputError
from credbenefits.results.parts import (
    Caution,
    Dot,
    Finding,
    Numbers,
    Parts,
    Stated,
    Strong,
    StudyWords,
    Table,
)


def text_of(*results, **options):
    options = {"title": "t", "figures": False} | options
    return cb.brief(*results, **options).to_markdown().replace("\\_", "_").replace("**", "")


def part(text, heading):
    return re.split(r"\n##+ ", re.split(rf"\n##+ {heading}\n", text)[1])[0]


# ---- patients in two arms ------------------------------------------------------------------------------------

ARMS = {"arm": {"t": "treated", "c": "control"}}
LABELS = {"arm": "arm of the trial", "pain": "less pain", "side_effects": "side effects"}


@pytest.fixture(scope="module")
def patients():
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "pain": rng.choice(["yes", "no"], 180),
            "side_effects": rng.choice(["none", "some", "many"], 180),
            "arm": np.tile(["t", "c", None], 60),
        }
    )


@pytest.fixture(scope="module")
def trial(patients):
    results = (
        cb.proportions(patients, "pain", people="patients who came back"),
        cb.proportions(patients, cb.Item("side_effects", each_level=True), people="patients who came back"),
        cb.proportions(patients, "pain", by="arm", people="patients who came back"),
        cb.compare_groups(patients, "pain", by="arm", people="patients who came back"),
    )
    options = {
        "people": "patients of both arms",
        "offered": "the new drug",
        "comparison_observed": True,
        "labels": LABELS,
        "level_labels": ARMS | {"side_effects": {"none": "no side effect"}},
    }
    return text_of(*results, **options)


def test_no_default_speaks_of_learners_credentials_benefits_or_tests(trial):
    for word in ("learner", "credential", "benefit", "graduate", "Self-report", "tests)"):
        assert word not in trial


def test_groups_that_were_compared_are_not_said_to_be_unobserved(trial):
    assert "No comparison group" not in trial
    assert (
        "Groups were compared. A difference between them is an effect of the new drug only if chance decided who is "
        "in which group." in trial
    )
    assert "“caused” or “led to”, unless chance decided who is in which group" in trial


def test_labels_stand_everywhere_and_names_of_columns_nowhere(trial):
    body = re.sub(r"\(figures/.*?\)", "", trial)
    body = body.replace("less pain", "X").replace("arm of the trial", "Y")
    for name in ("arm", "side_effects", "“t”", "“c”", "pain"):
        found = re.search(rf"(?<!\w){name}(?!\w)", body)
        assert not found, body[found.start() - 100 : found.end() + 50]
    assert "treated: " in part(trial, "Key takeaways")
    assert "patients who came back answered as follows, by arm of the trial" in trial
    assert "no side effect: " in trial
    assert "(arm of the trial = treated)" in part(trial, "Who is in every denominator")
    assert "no value in arm of the trial" in trial


def test_whom_the_study_is_about_is_told_from_those_who_answered(trial):
    assert "A percentage in a finding is a share of patients who came back: people who answered." in trial
    assert "It is not a share of all patients of both arms." in trial
    assert "“% of patients of both arms” for a share of patients who came back" in trial


# ---- employees -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def employees():
    rng = np.random.default_rng(2)
    data = pd.DataFrame({"pay": rng.choice(["yes", "no"], 90), "id": range(90)})
    data["how"] = np.where(data["pay"] == "yes", rng.choice(["hours;home", "home", "travel"], 90), "")
    return data


@pytest.mark.parametrize(
    ("options", "said", "not_said"),
    [
        (
            {},
            "What was measured. Answers are counted as people gave them. Nothing here checks them.",
            "caused what",
        ),
        ({"comparison_observed": False}, "No comparison group was observed.", "caused what"),
        (
            {"comparison_observed": False, "offered": "the allowance"},
            "No comparison group was observed, so nothing here shows that the allowance caused what people reported.",
            "Groups were compared",
        ),
        (
            {"offered": "the allowance"},
            "Shares alone do not show that the allowance caused what people reported.",
            "comparison group",
        ),
        (
            {"comparison_observed": True},
            "Groups were compared. A difference between them is an effect only if",
            "No",
        ),
    ],
)
def test_what_is_said_of_causes_is_what_the_study_said(employees, options, said, not_said):
    caution = part(text_of(cb.proportions(employees, "pay"), **options), "Read this before quoting")
    assert said in caution
    assert not_said not in caution.replace("Nothing", "").replace("Not weighted", "")


def test_the_head_says_what_was_asked_of_whom_when_and_by_whom(employees):
    text = text_of(
        cb.proportions(employees, "pay", people="employees who answered"),
        note="Draft.",
        people="employees of the works",
        asked="Whether pay rose within the year.",
        when="March 2025",
        conducted_by="the works council",
    )
    head = text[: text.index("## Key takeaways")]
    lines = [line for line in head.splitlines() if line and not line.startswith("#")]
    assert lines == [
        "Draft.",
        "- What was asked: Whether pay rose within the year.",
        "- Of whom: employees of the works",
        "- When: March 2025",
        "- By: the works council",
        "- Who answered: 90 employees who answered.",
    ]


def test_all_choices_of_one_question_are_one_finding_with_one_base_and_one_chart(employees):
    how = cb.SelectAll(
        "how", separator=";", label="more freedom", choices=["hours", "home", "travel", "none of it"]
    )
    pay = cb.Item("pay", label="more pay")
    result = cb.proportions(employees, how, among=pay, people="employees")
    made = cb.brief(cb.proportions(employees, pay, people="employees"), result, title="t")
    first, second = next(s for s in made._sections if s.kind == "findings").blocks[0].items
    n = result.rows[0].n
    assert second.sentence == (
        "Asked about",
        Strong("more freedom,"),
        f"{n} employees who reported more pay answered as follows (95% intervals; they are {n} of all 90 "
        "employees; a person could give several answers).",
    )
    assert [" ".join(detail).split(":")[0] for detail in second.details] == [
        "hours",
        "home",
        "travel",
        "none of it",
    ]
    assert all(f"of {n}" in " ".join(detail) for detail in second.details)
    assert second.picture is not None
    assert first.picture is None
    for row in result.rows:
        assert f"{row.level}: " in second.picture.alt
        assert f"{row.count} of {row.n}" in second.picture.alt


def test_twenty_choices_are_all_listed_and_many_groups_stand_in_the_table():
    rng = np.random.default_rng(4)
    choices = [f"choice {k}" for k in range(20)]
    data = pd.DataFrame({"q": [";".join(rng.choice(choices, 3, replace=False)) for _ in range(300)]})
    data["g"] = rng.choice(["a", "b"], 300)
    how = cb.SelectAll("q", separator=";", choices=choices, label="what helped")
    text = part(text_of(cb.proportions(data, how)), "Key takeaways")
    assert text.count("\n  - choice ") == 20
    grouped = text_of(cb.proportions(data, how, by="g"))
    top = part(grouped, "Key takeaways")
    assert "answered as listed in “Who is in every denominator”, by g (95%" in top
    assert "\n  - " not in top
    assert part(grouped, "Who is in every denominator").count("| what helped: choice ") == 40


def test_grouped_shares_are_findings_with_a_line_and_a_dot_for_each_group(patients):
    result = cb.proportions(patients.dropna(), "pain", by="arm", totals=True, people="patients")
    parts = result.brief_parts(StudyWords(labels=LABELS, level_labels=ARMS))
    (finding,) = parts.findings
    assert [" ".join(line).split(":")[0] for line in finding.details] == [
        "control",
        "treated",
        "all together",
    ]
    assert [(dot.label, dot.base, dot.note) for dot in finding.dots] == [
        (name, row.n, f"{row.count} of {row.n}")
        for name, row in zip(("control", "treated", "all together"), result.rows, strict=True)
    ]
    assert finding.base == 120
    assert finding.names[0] == "less pain by arm of the trial"


# ---- which findings, in which order ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def nine():
    rng = np.random.default_rng(3)
    data = pd.DataFrame({f"q{k}": rng.integers(0, 2, 60) for k in range(9)})
    return [cb.proportions(data, cb.Item(f"q{k}", label=f"thing {k}")) for k in range(9)]


def order_of(text):
    return [int(k) for k in re.findall(r"reported thing (\d)", text)]


def test_the_first_seven_findings_stand_at_the_top_and_the_others_below(nine):
    text = text_of(*nine)
    assert order_of(part(text, "Key takeaways")) == list(range(7))
    assert order_of(part(text, "Further findings")) == [7, 8]


def test_the_user_ranks_findings_by_label_or_item(nine):
    text = text_of(*nine, findings=["thing 8", "q2", "thing 0"])
    assert order_of(part(text, "Key takeaways")) == [8, 2, 0]
    assert order_of(part(text, "Further findings")) == [1, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("named", "words"),
    [
        (["thing 10"], "Did you mean 'thing 0'|'thing 1'"),
        (["thing 1", "thing 1"], "more than once"),
        (["thing 1", "q1"], "each once"),
        ([f"q{k}" for k in range(8)], "one to 7 names"),
        ([], "one to 7 names"),
        ([3], "`findings`"),
    ],
)
def test_findings_that_are_not_there_are_named(nine, named, words):
    with pytest.raises(InputError, match=words):
        cb.brief(*nine, title="t", findings=named, figures=False)


def test_what_must_not_stand_at_the_top_is_said_to_be_kept_from_it(nine):
    class Withheld(Visits):
        def brief_parts(self, words):
            return Parts(
                findings=(Finding(("w",), ("rain",), ("It rained.",), 0, withheld="nobody answered"),)
            )

    for named in (None, ["rain", "q0"]):
        text = text_of(nine[0], Withheld(1), findings=named)
        assert order_of(part(text, "Key takeaways")) == [0]
        assert "Not among these findings: “rain”, because nobody answered." in part(text, "Key takeaways")
        assert "- It rained." in part(text, "Further findings")


def test_weights_that_leave_too_little_keep_their_estimates_from_the_top():
    rng = np.random.default_rng(6)
    data = pd.DataFrame({"a": rng.integers(0, 2, 100), "w": [1.0] * 95 + [60.0] * 5})
    weights = cb.Weights.from_column(data, "w", population="adults")
    assert weights.n_effective < 30
    text = text_of(cb.proportions(data, "a"), cb.proportions(data, "a", weights=weights), weights)
    top = part(text, "Key takeaways")
    assert "Estimated" not in top
    assert "Not among these findings: “a” for adults, because" in top
    assert "Estimated:" in part(text, "Further findings")


def test_two_estimates_of_one_share_each_name_their_population():
    rng = np.random.default_rng(7)
    data = pd.DataFrame(
        {"a": rng.integers(0, 2, 200), "v": rng.uniform(1, 2, 200), "w": rng.uniform(1, 3, 200)}
    )
    made = [cb.Weights.from_column(data, c, population=who) for c, who in (("v", "adults"), ("w", "voters"))]
    results = [cb.proportions(data, "a", weights=weights) for weights in (None, *made)]
    brief = cb.brief(*results, *made, title="t", figures=False)
    (statement,) = next(s for s in brief._sections if s.kind == "findings").blocks[0].items
    said = [" ".join(each.sentence) for each in (statement, *statement.estimates)]
    assert len(said) == 3
    assert "of the 200 respondents reported a" in said[0]
    assert "of the adults would report a" in said[1]
    assert "of the voters would report a" in said[2]


def test_estimates_stand_under_the_finding_that_they_belong_to():
    rng = np.random.default_rng(7)
    data = pd.DataFrame(
        {"a": rng.integers(0, 2, 200), "b": rng.choice(["x", "y"], 200), "w": rng.uniform(1, 3, 200)}
    )
    weights = cb.Weights.from_column(data, "w", population="voters")
    asked = ["a", cb.Item("b", each_level=True)]
    results = [cb.proportions(data, asked, weights=w) for w in (None, weights)]
    brief = cb.brief(*results, weights, title="t", figures=True)
    lines = part(brief.to_markdown(figures="f"), "Key takeaways").splitlines()
    bullets = [line for line in lines if line.lstrip().startswith("- ")]
    indents = [len(line) - len(line.lstrip()) for line in bullets]
    # a, its estimate; b with two answers, its estimate with two answers.
    assert indents == [0, 2, 0, 2, 2, 2, 4, 4]
    assert [line.strip()[:11] for line in bullets if "stimated" in line] == ["- Estimated"] * 2
    assert sum(line.startswith("    ![") for line in lines) == 1  # the chart of the estimate of b
    html = brief.to_html()
    assert html.count('<ul class="cb-estimates"><li>Estimated') == 2


def test_estimates_alone_are_findings_of_their_own():
    data = pd.DataFrame({"a": [1, 0] * 100, "w": [1.0, 2.0] * 100})
    weights = cb.Weights.from_column(data, "w", population="voters")
    brief = cb.brief(cb.proportions(data, "a", weights=weights), weights, title="t", figures=False)
    assert "\n- Estimated: **33.3%**" in brief.to_markdown()


def test_equal_findings_of_two_results_are_said_once():
    data = pd.DataFrame({"a": [1, 0] * 100, "b": list("xyzz") * 50})
    result = cb.proportions(data, ["a", cb.Item("b", each_level=True)])
    once, twice = (cb.brief(*[result] * k, title="t", figures=True) for k in (1, 2))
    assert twice.to_markdown() == once.to_markdown()
    assert sorted(twice.files()) == sorted(once.files())


# ---- other classes -------------------------------------------------------------------------------------------


class Visits:
    """A result of somebody else."""

    def __init__(self, n, **parts):
        self.n = n
        self.more = parts

    def brief_parts(self, words):
        stated = Stated(f"visits of {words.people}", "visitors", 0.9, design="2 strata")
        finding = Finding(
            ("visits",), ("visits",), ("The museum had", Strong(f"{self.n}"), "visits."), self.n
        )
        table = Table(
            "Visits", "Visits a day", ("Day", "Share"), (("Monday", Numbers("{}", (1 / 3,))),), base=self.n
        )
        return Parts(
            findings=(finding,),
            tables=(table,),
            cautions=(Caution("Counting", "Doors count twice.", (f"door {self.n}",)),),
            methods=("Visits: counted at the door.",),
            stated=(stated,),
            **self.more,
        )


def test_a_foreign_class_with_the_method_is_in_a_brief(nine):
    text = text_of(nine[0], Visits(300), Visits(301), people="visitors of 2025")
    assert "The museum had 300 visits." in part(text, "Key takeaways")
    assert "The museum had 301 visits." in part(text, "Key takeaways")
    assert "| Monday | 33.3% |" in part(text, "Visits")
    assert text.index("## Who is in every") < text.index("## Visits\n") < text.index("## How the numbers")
    assert text.count("Visits: counted at the door.") == 1
    assert "- Counting: door 300; door 301. Doors count twice." in text
    assert "(95%, 90%)" in text
    assert "With 2 strata: visits of visitors of 2025; without a design" in text


def test_tables_of_one_result_and_of_several_are_one_where_they_say_the_same(nine):
    small = text_of(Visits(300), Visits(120))
    assert small.count("| Monday | 33% |") == 1
    wide = Table("Visits", "Visits", ("Day", "Share", "Rain"), (("Monday", "1", "2"),), key="visits")
    narrow = Table("Visits", "Visits", ("Day", "Share"), (("Monday", "1"),), key="visits")

    class Keyed(Visits):
        def brief_parts(self, words):
            return Parts(tables=(self.n,))

    for some in ((Keyed(wide), Keyed(narrow)), (Keyed(narrow), Keyed(wide))):
        text = text_of(*some)
        assert "| Monday | 1 | 2 |" in text
        assert "| Monday | 1 |\n" not in text


@pytest.mark.parametrize("twice", ["a Panel", "a census"])
def test_two_of_what_a_brief_takes_one_of_are_refused(twice):
    with pytest.raises(InputError, match=f"at most one {twice[2:]}"):
        cb.brief(Visits(1, single=twice), Visits(2, single=twice), title="t", figures=False)


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ("text", "got str"),
        (pd.DataFrame(), "got DataFrame"),
        (StudyWords(), "brief_parts"),
        (Visits, "Visits"),
    ],
)
def test_what_is_no_result_is_named(result, words):
    if result is Visits:

        class Wrong(Visits):
            def brief_parts(self, words):
                return [words]

        Wrong.__name__, result = "Visits", Wrong(1)
    with pytest.raises(InputError, match=words):
        cb.brief(result, title="t")


def test_a_foreign_file_cannot_leave_the_folder(nine):
    with pytest.raises(InputError, match="names of files"):
        cb.brief(Visits(1, files={"../evil": nine[0].to_frame()}), title="t", figures=False)


def test_dots_without_an_interval_are_said_to_have_none():
    dots = (Dot("x", 0.5, float("nan"), float("nan"), base=300), Dot("y", 0.25, 0.2, 0.3, "5 of 20", base=20))

    class Dots(Visits):
        def brief_parts(self, words):
            return Parts(findings=(Finding(("d",), ("d",), ("Dots.",), 20, dots=dots),))

    (picture,) = cb.brief(Dots(1), title="t")._pictures
    # As drawn: the smallest base decides the decimals of the whole chart.
    assert picture.alt == "Percent of those in the base. x: 50% (no interval). y: 25% (20% to 30%; 5 of 20)."


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("people", " "),
        ("people", 3),
        ("offered", " "),
        ("asked", 3),
        ("when", 2025),
        ("conducted_by", []),
        ("excluded", False),
        ("comparison_observed", "no"),
        ("labels", ["a"]),
        ("labels", {"a": 3}),
        ("labels", {3: "a"}),
        ("level_labels", {"a": "b"}),
        ("level_labels", {"a": {"b": ""}}),
    ],
)
def test_words_of_another_kind_raise(nine, name, value):
    with pytest.raises(InputError, match=f"`{name}"):
        cb.brief(nine[0], title="t", **{name: value})


def test_what_answers_are_called_is_refused_with_an_example_of_answers(nine):
    with pytest.raises(InputError, match=r"For example: \{'t': 'treated'\}"):
        cb.brief(*nine, title="A brief", level_labels={"arm": "treated"})
