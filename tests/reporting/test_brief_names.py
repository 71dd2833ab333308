"""What a brief calls things: people, populations, waves and columns in every sentence, labels, files of figures."""

import re
from itertools import product

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits.errors import InputError
from credbenefits.reporting import people as name_of
from credbenefits.reporting import words as say
from credbenefits.results.base import who_did
from credbenefits.results.parts import Figure, Finding, Parts, Stated, StudyWords


def text_of(*results, **options):
    options = {"title": "t", "figures": False} | options
    return cb.brief(*results, **options).to_markdown().replace("\\_", "_").replace("**", "")


def part(text, heading):
    return re.split(r"\n##+ ", re.split(rf"\n##+ {heading}\n", text)[1])[0]


@pytest.fixture(scope="module")
def waves():
    rng = np.random.default_rng(7)
    first = pd.DataFrame(
        {
            "id": range(120),
            "arm": ["t", "c"] * 60,
            "pain": rng.choice(["yes", "no"], 120),
            "ward": [f"w{k % 12}" for k in range(120)],
            "sex": rng.choice(["f", "m"], 120),
        }
    )
    second = first.head(90).assign(pain=rng.choice(["yes", "no", "Yes", None], 90, p=[0.4, 0.4, 0.15, 0.05]))
    return {"before": first, "after": second}


@pytest.fixture(scope="module")
def panel(waves):
    return cb.link_waves(waves, on="id")


@pytest.fixture(scope="module")
def results(panel):
    """One of every kind."""
    after = panel.wave("after")
    weights = cb.attrition_weights(panel, ["arm"], wave="after", to="before")
    pain = cb.Item("pain", label="less pain")
    people = {"people": "patients who came back"}
    return {
        "shares": cb.proportions(after, pain, **people),
        "weighted": cb.proportions(after, pain, weights=weights, **people),
        "grouped": cb.proportions(after, pain, by="arm", **people),
        "subset": cb.proportions(after, cb.Item("arm", yes="t", label="the drug"), among=pain, **people),
        "compared": cb.compare_groups(after, pain, by="arm", **people),
        "two columns": cb.compare_groups(after, pain, by=["arm", "sex"], **people),
        "change": cb.transitions(panel, pain, **people),
        "grouped change": cb.transitions(panel, pain, by="arm", **people),
        "weights": weights,
        "panel": panel,
        "flow": panel.flow(invited={"before": 130}),
        "patterns": panel.patterns(),
        "links": panel.link_summary(),
        "found again": cb.attrition(panel),
        "found again by arm": cb.attrition(panel, by="arm"),
        "bias": cb.nonresponse_bias(
            panel, wave="after", to="before", variables=["arm"], outcome=pain, by="arm", weights=weights
        ),
    }


# ---- people and populations --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("people", "with_size", "without", "every", "all_of_them"),
    [
        ("nurses", "the 120 nurses", "the nurses", "all 120 nurses", "all nurses"),
        ("all who began", "all 120 who began", "all who began", "all 120 who began", "all who began"),
        ("All nurses", "all 120 nurses", "All nurses", "all 120 nurses", "All nurses"),
        ("the nurses of 2019", "the 120 nurses of 2019", "the nurses of 2019", "all 120 nurses of 2019",
         "all the nurses of 2019"),
        ("everybody", "everybody", "everybody", "everybody", "everybody"),
        ("allies", "the 120 allies", "the allies", "all 120 allies", "all allies"),
    ],
)  # fmt: skip
def test_articles_and_numbers_stand_where_they_belong(people, with_size, without, every, all_of_them):
    assert (name_of.the(people, 120), name_of.the(people)) == (with_size, without)
    assert (name_of.all_of(people, 120), name_of.all_of(people)) == (every, all_of_them)


def test_people_who_did_two_things_are_told_with_and():
    assert who_did("nurses", "answered") == "nurses who answered"
    assert who_did("nurses who left", "answered") == "nurses who left and answered"
    assert [name_of.or_of(["a", "b", "c"][:n]) for n in (1, 2, 3)] == ["a", "a or of b", "a, of b, or of c"]


def test_no_sentence_says_who_twice_of_the_same_people(results):
    text = text_of(*results.values(), people="patients")
    assert not re.search(r"who came back[^.;:,(|→]*\bwho\b", text)
    assert "Among the patients who came back and answered, by arm:" in text
    assert "patients who came back and answered in both waves" in text
    assert "patients who came back and reported less pain" in text
    assert "patients who came back and were found in both waves" in text


@pytest.mark.parametrize("named", ["all who began", "starters", "everybody who began"])
def test_a_population_is_named_whatever_it_begins_with(panel, named):
    weights = cb.attrition_weights(panel, ["arm"], wave="after", to="before", population=named)
    after = panel.wave("after")
    results = [
        weights,
        weights.balance,
        cb.proportions(after, "pain", weights=weights),
        cb.proportions(after, "pain", by="arm", weights=weights),
        cb.proportions(after, cb.Item("pain", each_level=True), weights=weights),
        cb.compare_groups(after, "pain", by="arm", weights=weights),
        cb.transitions(panel, "pain", weights=weights),
    ]
    text = text_of(*results)
    assert not re.search(r"\b(all|the|every\w*) (\d+ )?(all|the|every\w*)\b", text, flags=re.IGNORECASE)
    whom = {"all who began": "all 120 who began", "starters": "the 120 starters"}.get(named, named)
    assert f"of {whom} would report pain" in text
    assert f"Estimated for {whom}: " in text


def test_a_wave_in_the_name_of_a_population_is_called_by_its_label(results):
    text = text_of(*results.values(), labels={"before": "first visit", "after": "second visit"})
    assert "of the 120 people in “first visit” would report less pain" in text
    assert not re.search("“(before|after)”", text)


def test_people_found_again_are_told_with_their_wave(panel):
    text = text_of(cb.attrition(panel), labels={"before": "first visit"})
    assert "75% of the 120 people in “first visit” were found again in “after”" in text
    assert "a share of people in “first visit”: people who answered" in text
    named = text_of(cb.attrition(panel, people="before-visit patients"))
    assert "75% of the 120 before-visit patients were found again" in named


# ---- labels ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argument", "given", "nearest"),
    [
        ("labels", {"armm": "arm of the trial"}, "arm"),
        ("labels", {"Before": "first visit"}, "before"),
        ("labels", {"less pains": "relief"}, "less pain"),
        ("level_labels", {"Arm": {"t": "treated"}}, "arm"),
        ("level_labels", {"arm": {"T": "treated", "C": "control"}}, "t"),
    ],
)
def test_labels_of_what_no_result_has_are_refused_and_the_nearest_is_named(results, argument, given, nearest):
    with pytest.raises(InputError, match=argument) as error:
        text_of(*results.values(), **{argument: given})
    assert f"'{nearest}'" in str(error.value)
    assert "Did you mean" in str(error.value)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("shares", ["pain", "less pain"]),
        ("weighted", ["pain", "before"]),
        ("grouped", ["pain", "arm"]),
        ("subset", ["arm", "the drug", "less pain"]),
        ("compared", ["pain", "less pain", "arm"]),
        ("two columns", ["pain", "arm", "sex"]),
        ("change", ["pain", "less pain", "before", "after"]),
        ("grouped change", ["pain", "before", "after", "arm"]),
        ("weights", ["before", "after", "arm"]),
        ("panel", ["before", "after", "id", "arm", "pain", "ward"]),
        ("flow", ["before", "after"]),
        ("patterns", ["before", "after"]),
        ("links", ["before", "after"]),
        ("found again", ["before", "after"]),
        ("found again by arm", ["before", "after", "arm"]),
    ],
)
def test_labels_may_name_what_a_result_has(results, kind, names):
    text_of(results[kind], labels={name: f"{name} as called" for name in names})
    with pytest.raises(InputError, match="`labels`"):
        text_of(results[kind], labels={"nothing": "x"})


def test_answers_that_nobody_gave_may_have_labels_too(results):
    called = {"arm": {"t": "treated", "c": "control", "x": "a third arm"}}
    assert "treated: " in text_of(results["grouped"], level_labels=called)


def test_columns_of_a_design_are_called_by_their_labels(waves):
    design = cb.SurveyDesign(clusters="ward")
    shares = cb.proportions(waves["before"], "pain", design=design)
    text = text_of(shares, labels={"ward": "ward of the hospital"})
    assert "- Design: 12 clusters (ward of the hospital)." in text
    crossed = cb.proportions(waves["before"], "pain", design=cb.SurveyDesign(strata=["arm", "sex"]))
    text = text_of(crossed, labels={"sex": "sex of the patient"})
    assert "- Design: 4 strata (arm x sex of the patient)." in text


def test_a_class_of_ones_own_says_which_names_it_has():
    class Waiting:
        def brief_parts(self, words):
            sentence = ("Half of them", f"waited {words.label('weeks')}.")
            return Parts(findings=(Finding(("w",), ("w",), sentence, 9),), names={"weeks": ()})

    assert "waited less than 3 weeks." in text_of(Waiting(), labels={"weeks": "less than 3 weeks"})
    with pytest.raises(InputError, match="'weeks'"):
        text_of(Waiting(), labels={"week": "less than 3 weeks"})


# ---- rounding ----------------------------------------------------------------------------------------------


def printed_apart(line):
    """Tell whether the shares that a line prints do not give its difference."""
    first, second = (float(share) for share in re.findall(r"(\d+(?:\.\d)?)%", line)[:2])
    (points,) = re.findall(r"([+−]?\d+(?:\.\d)?) points?", line)
    difference = float(points.replace("−", "-"))
    return min(abs(first - second - difference), abs(second - first - difference)) > 1e-6


@pytest.mark.parametrize(("yes", "n"), [*product((11, 17, 29), (60, 97)), (87, 230), (101, 299)])
def test_a_difference_that_is_not_that_of_the_printed_shares_says_so(yes, n):
    data = pd.DataFrame({"a": [1] * yes + [0] * (n - yes) + [1, 0, 0] * 80, "g": ["x"] * n + ["y"] * 240})
    result = cb.compare_groups(data, "a", by="g")
    (line,) = [one for one in text_of(result).splitlines() if one.startswith("- Among the respondents")]
    assert printed_apart(line.partition("reported")[0] + line.partition("a difference of")[2][:12]) == (
        "from unrounded shares" in line
    )


def test_a_change_that_is_not_that_of_the_printed_shares_says_so():
    told = []
    for yes, later, n in product((168, 170, 172), (150, 152), (335, 400)):
        ids = range(n)
        first = pd.DataFrame({"id": ids, "a": [int(k < yes) for k in ids]})
        second = pd.DataFrame({"id": ids, "a": [int(k < later) for k in ids]})
        change = cb.transitions(cb.link_waves({"one": first, "two": second}, on="id"), "a")
        line = text_of(change).partition("## Key takeaways\n\n")[2].splitlines()[0]
        assert printed_apart(line) == ("(from unrounded shares; " in line), line
        told.append("from unrounded shares" in line)
    assert 0 < sum(told) < len(told)
    assert say.unrounded(0.5, 0.25, 0.25, 0) == ""


def test_what_is_said_beside_one_table_is_not_said_beside_the_next(waves):
    data = waves["before"].assign(third=["x", "y", "z"] * 40)
    text = text_of(
        cb.compare_groups(data, "pain", by="third"),
        cb.compare_groups(data, "pain", by=["arm", "sex"]),
    )
    assert part(text, "Comparisons between groups").count(say.UNROUNDED) == 1
    assert (
        part(text, "Comparisons between groups").count("Intervals are adjusted by Bonferroni's method") == 1
    )


# ---- notes -------------------------------------------------------------------------------------------------


def test_a_note_on_spellings_stands_once():
    data = pd.DataFrame(
        {"q": ["agree"] * 40 + ["Agree"] * 20 + ["no"] * 60, "g": ["x", "y"] * 60, "w": [1.0] * 119 + [0.0]}
    )
    item, plain = cb.Item("q", yes="agree", label="being well paid"), {"labels": {"q": "pay"}}
    results = [
        cb.proportions(data, item),
        cb.proportions(data, item, by="g"),
        cb.compare_groups(data, item, by="g"),
        cb.compare_groups(data, item, by="g", comparison="ratio"),
    ]
    for some in (results, results[::-1]):
        assert text_of(*some, **plain).count("read as 'agree'") == 1
    weighted = cb.compare_groups(data, item, by="g", weights="w")
    fewer = text_of(results[0], weighted, **plain)
    assert "- Of those with a weight: 1 row has weight 0" in fewer
    everybody = cb.compare_groups(data.assign(w=1.0), item, by="g", weights="w")
    assert "Of those with a weight" not in text_of(results[0], everybody, **plain)


def test_only_notes_that_begin_with_no_name_get_a_capital():
    notes = [
        "a change of job: 73 people ticked nothing",
        "in 2019: text read as numbers",
        "in up to 3 of 9 there",
    ]
    for columns in ([], ["a change of job", "in 2019"]):
        said = [" ".join(note) for note in say.notes(notes, columns, StudyWords())]
        assert said == [f"{notes[0]}.", f"{notes[1]}.", "In up to 3 of 9 there."]


def test_links_by_keys_are_said_once(panel):
    text = text_of(panel, panel.link_summary(), cb.attrition(panel))
    assert text.count("Waves were linked by exact keys") == 1


# ---- files of figures --------------------------------------------------------------------------------------


def names_of_figures(made):
    return sorted(
        name.removeprefix("figures/").removesuffix(".svg")
        for name in made.files()
        if name.startswith("figures/")
    )


def test_figures_are_called_by_what_they_show(results):
    pytest.importorskip("matplotlib")
    labels = {"arm": "arm of the trial", "before": "first visit", "after": "Second visit: 6 weeks"}
    made = cb.brief(*results.values(), title="t", labels=labels)
    assert names_of_figures(made) == [
        "balance",
        "change-in-less-pain-by-arm-of-the-trial",
        "difference-in-less-pain-by-arm-of-the-trial-and-sex",
        "findings",
        "findings-points",
        "found-again-in-second-visit-6-weeks-by-arm-of-the-trial",
        "less-pain-by-arm-of-the-trial",
        "less-pain-first-visit-to-second-visit-6-weeks",
        "less-pain-first-visit-to-second-visit-6-weeks-by-arm-of-the-trial",
        "nonresponse-bias",
        "nonresponse-partials",
        "participation",
        "weighted",
    ]
    for name in names_of_figures(made):
        assert f"(figures/{name}.svg)" in made.to_markdown(figures="figures")


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Größe über alles", "groe-uber-alles"),
        ("../../etc/passwd", "etc-passwd"),
        ("質問", "figure"),
        ("findings", "findings-2"),
        ("long words " * 20, "-".join(["long", "words"] * 7)),
    ],
)
def test_names_of_files_are_plain_and_never_two(label, name):
    pytest.importorskip("matplotlib")
    data = pd.DataFrame({"q": ["a", "b", "c"] * 40})
    asked = cb.proportions(data, cb.Item("q", each_level=True, label=label))
    made = cb.brief(asked, cb.proportions(data, cb.Item("q", yes="a")), title="t")
    assert names_of_figures(made) == sorted([name, "findings"])
    twice = cb.brief(
        asked, cb.proportions(data.head(60), cb.Item("q", each_level=True, label=label)), title="t"
    )
    assert len(names_of_figures(twice)) == 2


def test_the_name_of_a_figure_of_ones_own_leads_nowhere():
    pytest.importorskip("matplotlib")
    shares = cb.proportions(pd.DataFrame({"q": [1, 0] * 30}), "q")

    class Own:
        def brief_parts(self, words):
            stated = Stated("own", words.people, 0.95)
            return Parts(
                figures=(Figure("Own", "../../up", "An own figure.", shares.plot),), stated=(stated,)
            )

    assert names_of_figures(cb.brief(Own(), title="t")) == ["up"]


# ---- what else is said -------------------------------------------------------------------------------------


def test_all_variables_at_the_beginning_of_an_alert_are_called_by_their_labels():
    rng = np.random.default_rng(2)
    first = pd.DataFrame(
        {
            "id": range(300),
            "sex": rng.choice(["f", "m"], 300),
            "region": rng.choice(["n", "s", "e"], 300),
            "age": rng.choice(["young", "old"], 300),
        }
    )
    second = first[["id"]].sample(40, random_state=2)
    panel = cb.link_waves({"a": first, "b": second}, on="id")
    weights = cb.attrition_weights(panel, ["sex"], wave="b", to="a", check=["region", "age"])
    assert [alert.text[:13] for alert in weights.alerts] == ["region, age: "]
    text = text_of(weights, labels={"region": "part of the country", "age": "generation"})
    assert " Part of the country, generation: held out" in text
    assert not re.search(r"\b(region|age)\b", text, flags=re.IGNORECASE)


def test_nobody_who_moved_is_not_a_number():
    ids = range(40)
    first = pd.DataFrame({"id": ids, "a": [int(k < 10) for k in ids]})
    second = pd.DataFrame({"id": ids, "a": [int(k < 20) for k in ids]})
    for waves, said in (
        ({"one": first, "two": second}, "10 went from no to yes and nobody from yes to no."),
        ({"two": second, "one": first}, "Nobody went from no to yes and 10 from yes to no."),
    ):
        assert said in text_of(cb.transitions(cb.link_waves(waves, on="id"), "a"))
