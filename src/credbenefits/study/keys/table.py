"""Every key of a study file: what it may be, which argument it is, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits import _typing as t
from credbenefits.study.keys import kinds as k
from credbenefits.study.keys.kinds import Key
from credbenefits.study.keys.rates import RATES
from credbenefits.study.keys.weighting import BIAS, WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credbenefits.study.keys.kinds import Kind


def _answers(function: str) -> tuple[Key, ...]:
    """Return the keys that say how the answers of a column are read."""
    return (
        Key("yes", k.ANSWERS, f"{function}(yes)", "Answers that count as yes."),
        Key("no", k.ANSWERS, f"{function}(no)", "Answers that count as no; by default every other one."),
        Key("missing", k.ANSWERS, f"{function}(missing)", "Answers that are no answer, without a reason."),
        Key("skipped", k.ANSWERS, f"{function}(skipped)", "What says that the question was passed over."),
        Key("refused", k.ANSWERS, f"{function}(refused)", "What says that an answer was refused."),
        Key("not_asked", k.ANSWERS, f"{function}(not_asked)", "What says that the question was not put."),
        Key("answers", k.ANSWERS, f"{function}(answers)", "Answers that look like none and are some."),
        Key("at_least", k.number(40000), f"{function}(at_least)", "Numbers from this one on count as yes."),
        Key("at_most", k.number(40000), f"{function}(at_most)", "Numbers up to this one count as yes."),
        Key("each_level", k.SWITCH, f"{function}(each_level)", "Estimate every answer instead of one."),
        Key("levels", k.ANSWERS, f"{function}(levels)", "With each_level: all answers, in their order."),
    )


_DESIGN_HERE = Key("design", k.SWITCH, "", "false: do without the [design] of the study.")
_VARIANCE = k.choice(t.VarianceMethod)


def _estimates(function: str, method: Kind) -> tuple[Key, ...]:
    return (
        Key("method", method, f"{function}(method)", "How intervals are made."),
        Key("variance", _VARIANCE, f"{function}(variance)", "Where the variance comes from."),
    )


def _groups(function: str, *, needed: bool = False) -> tuple[Key, ...]:
    return (
        Key(
            "by",
            k.TEXTS,
            f"{function}(by)",
            "Columns whose values make the groups, or labels of [[items]].",
            needed,
        ),
        Key("from", k.TEXT, "Panel.wave(carry)", "The wave that the columns of `by` come from."),
        Key("bins", k.BINS, f"{function}(bins)", "How columns of numbers in `by` are cut."),
    )


TOP = (
    Key("title", k.TEXT, "brief(title)", "Title of the brief.", needed=True),
    Key("note", k.WORDS, "brief(note)", "A sentence before everything else."),
    Key("people", k.TEXT, "brief(people)", "Everybody that the study is about, in words."),
    Key("offered", k.TEXT, "brief(offered)", 'What was offered to them, such as "the course".'),
    Key(
        "comparison_observed",
        k.SWITCH,
        "brief(comparison_observed)",
        "Whether people without the offer were observed.",
    ),
    Key("asked", k.TEXT, "brief(asked)", "What was asked, in words."),
    Key("when", k.TEXT, "brief(when)", "When it was asked, in words."),
    Key("conducted_by", k.TEXT, "brief(conducted_by)", "Who asked."),
    Key("excluded", k.TEXT, "brief(excluded)", "Why the rows of `exclude` are set aside."),
    Key(
        "findings",
        k.TEXTS,
        "brief(findings)",
        "The findings at the top, in order: columns or labels of items.",
    ),
    Key("figures", k.SWITCH, "brief(figures)", "Whether the brief has figures."),
    Key("labels", k.NAMES, "brief(labels)", "What waves and columns are called."),
    Key("level_labels", k.NAMES_OF_COLUMNS, "brief(level_labels)", "What the answers of columns are called."),
    Key("wave", k.TEXT, "", "The wave that entries are about which name none."),
    Key("confidence_level", k.number(0.95), "proportions(confidence_level)", "Level of all intervals."),
    Key("missing", k.ANSWERS, "proportions(missing)", "Answers that are no answer, in every column."),
    Key(
        "answers",
        k.ANSWERS,
        "proportions(answers)",
        "Answers that look like none and are some, in every column.",
    ),
    Key("allow_identifier", k.SWITCH, "proportions(allow_identifier)", "Take columns that identify people."),
    Key(
        "duplicates",
        k.choice(t.CodeDuplicateRule),
        "link_waves(duplicates)",
        "Which of several rows of a person counts.",
    ),
    Key(
        "numeric_keys",
        k.TEXTS,
        "link_waves(numeric_keys)",
        "Keys that are numbers, however they are written.",
    ),
    Key("exclude", k.VALUES_OF_COLUMNS, "link_waves(exclude)", "Rows to set aside before linking."),
)
WAVE = (
    Key("file", k.TEXT, "", "File of the wave, relative to the study file.", needed=True),
    Key("kind", k.choice(t.ExportKind), "", "Tool or kind of the file; by default what its content says."),
    Key("sheet", k.TEXT, "", "Sheet of a workbook; by default the first."),
    Key("encoding", k.TEXT, "", "How letters are written; by default UTF-8, or what the content says."),
    Key("separator", k.SEPARATOR, "", "What stands between the cells of a CSV file."),
    Key("skip_rows", k.whole(0, 2), "", "Rows below the header that are no answers."),
    Key(
        "keys",
        k.KEYS,
        "link_waves(on)",
        'Columns that people are linked by, in order of trust; "" where the wave lacks one.',
    ),
    Key("within", k.TEXT, "link_waves(within)", "Column of courses: only rows of one course are compared."),
    Key(
        "columns",
        k.WORDS,
        "waves_from_wide(waves)",
        "Of a file with waves beside each other: how this wave's columns end, or their form with *.",
    ),
    Key(
        "wave_column",
        k.TEXT,
        "waves_from_long(wave)",
        "Of a file with waves below each other: the column whose value is this wave's name.",
    ),
    Key("people", k.TEXT, "proportions(people)", "Who answered the wave, in words."),
    Key("invited", k.whole(0, 2288), "Panel.flow(invited)", "How many were asked."),
    Key(
        "answered",
        k.TEXTS,
        "link_waves(answered)",
        "Columns that only answers fill, if the file holds silent people.",
    ),
    Key("status", k.STATUS, "link_waves(status)", "How everybody in the file ended in the wave."),
)
LINK = (
    Key(
        "method",
        k.choice(t.LinkMethod),
        "link_waves(method)",
        "By keys (exact), by codes or by names (probabilistic).",
    ),
    Key("ordered", k.TEXTS, "link_waves(ordered)", "Elements of a code that are numbers in order."),
    Key("code_format", k.CODE_FORMAT, "link_waves(code_format)", "How a code in one column is split."),
    Key(
        "max_disagreements",
        k.whole(0, 3),
        "link_waves(max_disagreements)",
        "Most elements of a code that may differ.",
    ),
    Key(
        "max_false_link_rate",
        k.number(0.01),
        "link_waves(max_false_link_rate)",
        "Share of links that may be wrong.",
    ),
    Key("threshold", k.number(0.9), "link_waves(threshold)", "Instead: the least probability of a match."),
    Key(
        "compare",
        k.field_kinds(t.FieldKind),
        "link_waves(compare)",
        "How each column is compared without exact keys.",
    ),
)
DESIGN = (
    Key(
        "from",
        k.TEXT,
        "Panel.wave(carry)",
        "The wave whose file has the columns; by default every wave has its own.",
    ),
    Key("strata", k.TEXTS, "SurveyDesign(strata)", "Columns with the stratum."),
    Key("clusters", k.TEXTS, "SurveyDesign(clusters)", "Column with the sampling unit; two for two stages."),
    Key(
        "population_size",
        k.SIZES,
        "SurveyDesign(population_size)",
        "Units in the population: a number or a column.",
    ),
    Key(
        "lonely_psu",
        k.choice(t.LonelyPsu),
        "SurveyDesign(lonely_psu)",
        "What a stratum with one unit adds to the variance.",
    ),
    Key("deff", k.number(1.5), "SurveyDesign(deff)", "Design effect where nobody or everybody says yes."),
)
REPLICATE_WEIGHTS = (
    Key("columns", k.TEXTS, "ReplicateWeights(columns)", "One column for each replicate.", needed=True),
    Key("kind", k.choice(t.ReplicateKind), "ReplicateWeights(kind)", "How they were drawn.", needed=True),
    Key(
        "fay_coefficient",
        k.number(0.5),
        "ReplicateWeights(fay_coefficient)",
        "The coefficient of Fay's variant.",
    ),
    Key("scale", k.number(0.05), "ReplicateWeights(scale)", "Factor of the variance."),
    Key("rscales", k.NUMBERS, "ReplicateWeights(rscales)", "Factor of each replicate."),
    Key("df", k.whole(1, 79), "ReplicateWeights(df)", "Degrees of freedom."),
)
BOOTSTRAP = (
    Key("kind", k.choice(t.Resampling), "Bootstrap(kind)", "How replicates are drawn."),
    Key("n_resamples", k.whole(100, 2000), "Bootstrap(n_resamples)", "How many."),
    Key("rng", k.whole(0, 1), "Bootstrap(rng)", "A seed, to draw the same ones again."),
    Key("batch", k.whole(1, 100), "Bootstrap(batch)", "How many are drawn at once."),
    Key("allow_long", k.SWITCH, "Bootstrap(allow_long)", "Draw even where it takes long."),
)
CHOICES = (
    Key("wave", k.TEXT, "", "The wave; by default that of the study."),
    Key(
        "column",
        k.TEXT,
        "split_choices(column)",
        "Column of text with several choices in a cell.",
        needed=True,
    ),
    Key("separator", k.TEXT, "split_choices(separator)", "What stands between two choices."),
    Key("choices", k.TEXTS, "split_choices(choices)", "The choices that were offered."),
    Key("none_of_these", k.TEXT, "split_choices(none_of_these)", "The answer that says none of these."),
    Key("missing", k.ANSWERS, "split_choices(missing)", "Answers that are no answer."),
    Key("answers", k.ANSWERS, "split_choices(answers)", "Choices that look like no answer and are some."),
    Key("same", k.NAMES, "split_choices(same)", "Old wordings of choices, and the present ones."),
)
#: Keys of an item of choices that an item of one column lacks.
SELECT_ALL = (
    Key("separator", k.TEXT, "SelectAll(separator)", "With select_all: what stands between two choices."),
    Key("choices", k.TEXTS, "SelectAll(choices)", "With select_all: the choices, or labels of its columns."),
    Key(
        "none_of_these",
        k.TEXT,
        "SelectAll(none_of_these)",
        "With select_all: the column or answer that says none.",
    ),
    Key(
        "unticked",
        k.choice(t.Unticked),
        "SelectAll(unticked)",
        "With select_all: whether nothing ticked is an answer.",
    ),
    Key(
        "number_chosen",
        k.SWITCH,
        "SelectAll(number_chosen)",
        "With select_all: also how many ticked one, two, ...",
    ),
    Key(
        "ticked", k.ANSWERS, "SelectAll(ticked)", "With select_all: what columns hold where a box is ticked."
    ),
    Key(
        "same", k.NAMES, "SelectAll(same)", "With select_all: old wordings or columns, and the present ones."
    ),
    Key("other", k.TEXT, "SelectAll(other)", 'With select_all: the text beside "other", if it has no box.'),
)
#: Keys that hold for all items where they stand in [proportions].
PROPORTIONS = (
    *_groups("proportions"),
    Key("totals", k.SWITCH, "proportions(totals)", "Also the total over the groups."),
    *_estimates("proportions", k.choice(t.ProportionMethod)),
)
ITEM = (
    Key("wave", k.TEXT, "", "The wave; by default that of the study."),
    Key("column", k.TEXT, "Item(column)", "The column that is asked about."),
    Key("any_of", k.JOINED, "any_of(items)", "Columns or labels of items above, of which one must be a yes."),
    Key("all_of", k.TEXTS, "all_of(items)", "Columns or labels of items above, which must all be a yes."),
    Key("select_all", k.BLOCK, "SelectAll(columns)", "A question with choices to tick: each is estimated."),
    Key("label", k.WORDS, "Item(label)", 'What people report, as a noun phrase that follows "reported".'),
    *_answers("Item"),
    *SELECT_ALL,
    Key(
        "among",
        k.TEXTS,
        "proportions(among)",
        "Columns or labels of items: the base is who says yes to them.",
    ),
    Key(
        "share",
        k.choice(t.ShareKind),
        "proportions(share)",
        "With among: the share of these people, or of everybody.",
    ),
    *PROPORTIONS,
    _DESIGN_HERE,
)
_WEIGHTED_BY = "The `name` of the [weights] to use, or their `population`; by default none."
GROUP = (
    Key("wave", k.TEXT, "", "The wave; by default that of the study."),
    *_groups("compare_groups", needed=True),
    Key(
        "items",
        k.TEXTS,
        "compare_groups(items)",
        "Columns or labels of items; by default all of the wave without among.",
    ),
    Key(
        "reference",
        k.REFERENCE,
        "compare_groups(reference)",
        'The group that others are compared with, "rest" or "overall".',
    ),
    Key("comparison", k.choice(t.ContrastKind), "compare_groups(comparison)", "What is compared."),
    Key(
        "among",
        k.TEXTS,
        "compare_groups(among)",
        "Columns or labels of items: the base is who says yes to them.",
    ),
    Key("weights", k.TEXT, "compare_groups(weights)", _WEIGHTED_BY),
    Key("adjust", k.choice(t.Adjust), "compare_groups(adjust)", "Adjustment for the number of comparisons."),
    *_estimates("compare_groups", k.choice(t.ComparisonMethod | t.ComparisonBootstrap)),
    Key("allow_long", k.SWITCH, "compare_groups(allow_long)", "Compare every pair of more than 50 groups."),
    _DESIGN_HERE,
)
CHANGE = (
    Key(
        "item",
        k.BY_WAVE,
        "transitions(item)",
        "Column or label of an item, or a table with the column of each wave.",
        needed=True,
    ),
    Key(
        "waves",
        k.TEXTS,
        "transitions(waves)",
        "The first wave and the second; needed where there are more than two.",
    ),
    Key("label", k.WORDS, "Item(label)", "What people report, as a noun phrase."),
    *_answers("Item"),
    Key(
        "by",
        k.TEXTS,
        "transitions(by)",
        "Columns of the first wave that make groups, or labels of its items.",
    ),
    Key("bins", k.BINS, "transitions(bins)", "How columns of numbers in `by` are cut."),
    Key(
        "among", k.TEXTS, "transitions(among)", "Items of the first wave: only pairs of who says yes to them."
    ),
    Key("same", k.ANSWERS_JOINED, "transitions(same)", "Spellings that are one answer; the second is shown."),
    Key("weights", k.TEXT, "transitions(weights)", _WEIGHTED_BY),
    *_estimates("transitions", k.choice(t.TransitionMethod)),
    Key(
        "linkage_error",
        k.choice(t.LinkageErrorRule),
        "transitions(linkage_error)",
        "Whether to correct for wrong links.",
    ),
    Key("people", k.TEXT, "transitions(people)", "Who they are, in words."),
    _DESIGN_HERE,
)
ATTRITION = (
    Key(
        "waves",
        k.TEXTS,
        "attrition(waves)",
        "The wave whose people are looked for, and the one to find them in; the first and the last.",
    ),
    Key(
        "by", k.TEXTS, "attrition(by)", "Columns of the first wave that make groups, or labels of its items."
    ),
    Key("bins", k.BINS, "attrition(bins)", "How columns of numbers in `by` are cut."),
    _DESIGN_HERE,
)
PATTERNS = (
    Key(
        "most", k.whole(1, 10), "Panel.patterns(most)", "How many patterns of answering are shown one by one."
    ),
)

#: Tables of the file by their name: their keys. The table of the top has the name "".
TABLES: Mapping[str, tuple[Key, ...]] = {
    "": TOP,
    "waves": WAVE,
    "link": LINK,
    "design": DESIGN,
    "design.replicate_weights": REPLICATE_WEIGHTS,
    "bootstrap": BOOTSTRAP,
    "weights": WEIGHTS,
    "bias": BIAS,
    "choices": CHOICES,
    "proportions": PROPORTIONS,
    "items": ITEM,
    "groups": GROUP,
    "change": CHANGE,
    "response_rates": RATES,
    "attrition": ATTRITION,
    "patterns": PATTERNS,
}
#: What tables are for, and how their heading is written.
HEADINGS: Mapping[str, tuple[str, str]] = {
    "": ("", "At the top of the file, above the first table."),
    "waves": ("[waves.NAME]", "One table for each wave, in order of time."),
    "link": ("[link]", "How people are linked across waves; without it by exact keys."),
    "design": ("[design]", "How people were drawn. It holds for all items, groups, changes and attrition."),
    "design.replicate_weights": ("[design.replicate_weights]", "Replicate weights that came with the file."),
    "bootstrap": ("[bootstrap]", "How replicates are drawn, where a method or variance asks for them."),
    "weights": (
        "[weights]",
        "Weights: from covariates, from totals, or from a column; several with double brackets. Items of the "
        "wave are weighted by each.",
    ),
    "bias": ("[[bias]]", "How the people who answered a wave differ from everybody, and what it does."),
    "choices": ("[[choices]]", "Split a column of several choices into one yes/no column for each."),
    "proportions": ("[proportions]", "What holds for all items that do not say otherwise."),
    "items": ("[[items]]", "What is estimated. An entry has one of column, select_all, any_of and all_of."),
    "groups": ("[[groups]]", "Comparisons between groups."),
    "change": ("[[change]]", "How the same people's answers went from one wave to another."),
    "response_rates": (
        "[[response_rates]]",
        "Who answered, of those who were asked: for waves with status or answered.",
    ),
    "attrition": (
        "[[attrition]]",
        "Who was lost between waves, and who of one wave is found again in another, by groups.",
    ),
    "patterns": ("[patterns]", "In which waves people answered."),
}
#: Tables that may be one or several, and those that are always lists of tables.
LISTS = ("bias", "choices", "items", "groups", "change", "response_rates", "attrition")
ONE_OR_SEVERAL = ("weights",)


def names_of(table: str) -> tuple[str, ...]:
    """Return the names that may stand in a table: its keys, and the tables in it."""
    depth = f"{table}." if table else ""
    inner = [name.removeprefix(depth) for name in TABLES if name and name.startswith(depth) and name != table]
    return (*(key.name for key in TABLES[table]), *(name for name in inner if "." not in name))


def table_of(function: str) -> str:
    """Return the heading of the table that calls a function of the library; empty where none does."""
    calls = {
        table: sum(key.argument.startswith(f"{function}(") for key in keys) for table, keys in TABLES.items()
    }
    table = max(calls, key=lambda name: calls[name])
    return HEADINGS[table][0] if calls[table] else ""


def home_of(name: str, table: str) -> str:
    """Say in words which other tables have a key of this name; empty where none has."""
    homes = [
        HEADINGS[other][0] or "the top of the file, above the first table"
        for other, keys in TABLES.items()
        if other != table and any(key.name == name for key in keys)
    ]
    *first, last = homes or [""]
    return f"{', '.join(first)} and of {last}" if first else last
