"""The keys of [weights] and [[bias]]: who stands for whom, and what those who are silent do to estimates."""

from __future__ import annotations

from credbenefits import _typing as t
from credbenefits.study.keys import kinds as k
from credbenefits.study.keys.kinds import Key

WEIGHTS = (
    Key("name", k.TEXT, "", "What other entries call them by; without it they go by their population."),
    Key(
        "wave",
        k.TEXTS,
        "attrition_weights(wave)",
        "The wave that is weighted, or several that people must have answered; by default that of the study.",
    ),
    Key(
        "population",
        k.TEXT,
        "attrition_weights(population)",
        "Whom the weights speak for, in words.",
        needed=True,
    ),
    Key("to", k.TEXT, "attrition_weights(to)", "The wave whose people are the population."),
    Key(
        "base_weights",
        k.TEXT,
        "attrition_weights(base_weights)",
        "What people come with: the name of [[weights]] above, or a column of weights.",
    ),
    Key(
        "eligible",
        k.QUESTION,
        "attrition_weights(eligible)",
        "The question to which those say yes who still belong to the population.",
    ),
    Key(
        "covariates",
        k.TERMS,
        "attrition_weights(covariates)",
        "What is known about all of them; pairs are crossed.",
    ),
    Key("check", k.COLUMNS, "attrition_weights(check)", "What is known too, and stays out of the model."),
    Key("bins", k.BINS, "attrition_weights(bins)", "How columns of numbers are cut."),
    Key(
        "numbers",
        k.shapes(t.NumberShape),
        "attrition_weights(numbers)",
        "Covariates that enter the model as numbers, not cut.",
    ),
    Key(
        "trim",
        k.CAP,
        "attrition_weights(trim)",
        "Cap, as a multiple of the median weight or as a percentile; false for none.",
    ),
    Key(
        "calibrate_to",
        k.MARGINS,
        "attrition_weights(calibrate_to)",
        "Columns on which the weighted agree with everybody at last, or totals that are known.",
    ),
    Key("method", k.choice(t.WeightMethod), "attrition_weights(method)", "The model of answering."),
    Key(
        "totals",
        k.TOTALS,
        "calibrate(totals)",
        "Instead of covariates: totals of the population, which the weights add up to.",
    ),
    Key(
        "distance", k.choice(t.CalibrationDistance), "calibrate(distance)", "With totals: what nearest means."
    ),
    Key(
        "bounds",
        k.NUMBERS,
        "calibrate(bounds)",
        "With totals: lowest and highest ratio of new to given weight.",
    ),
    Key("column", k.TEXT, "Weights.from_column(column)", "Instead: a column of weights in the wave's file."),
    Key(
        "population_size",
        k.whole(1, 9000000),
        "Weights.from_column(population_size)",
        "With column: how many they speak for.",
    ),
)
BIAS = (
    Key(
        "wave",
        k.TEXTS,
        "nonresponse_bias(wave)",
        "The wave that some answered, or several; by default that of the study.",
    ),
    Key("to", k.TEXT, "nonresponse_bias(to)", "The wave whose people are everybody.", needed=True),
    Key(
        "variables",
        k.COLUMNS,
        "nonresponse_bias(variables)",
        "What is known about everybody; by default all columns of `to` that can be used.",
    ),
    Key(
        "outcome",
        k.TEXTS,
        "nonresponse_bias(outcome)",
        "What respondents said: columns of the last wave, or labels of its [[items]].",
    ),
    Key(
        "known",
        k.QUESTIONS,
        "nonresponse_bias(known)",
        "What is recorded for everybody: columns of `to`, or labels of its [[items]].",
    ),
    Key(
        "by", k.TEXTS, "nonresponse_bias(by)", "Columns of `to` that make groups, or labels of its [[items]]."
    ),
    Key(
        "weights",
        k.TEXTS,
        "nonresponse_bias(weights)",
        "Names of [[weights]]: what they correct, and what they leave.",
    ),
    Key(
        "base_weights",
        k.TEXT,
        "nonresponse_bias(base_weights)",
        "What people come with: the name of [[weights]], or a column of weights.",
    ),
    Key(
        "eligible",
        k.QUESTION,
        "nonresponse_bias(eligible)",
        "The question to which those say yes who still belong to the population.",
    ),
    Key("bins", k.BINS, "nonresponse_bias(bins)", "How columns of numbers are cut."),
    Key("population", k.TEXT, "nonresponse_bias(population)", "Everybody, in words."),
    Key("design", k.SWITCH, "", "false: do without the [design] of the study."),
)
