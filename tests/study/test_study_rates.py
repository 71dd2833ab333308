"""[[response_rates]] of a study are those of a call in Python; what is wrong names its key."""

from __future__ import annotations

import numpy as np
import pytest

import credbenefits as cb
from credbenefits.errors import StudyFileError
from credbenefits.results.response.rates import ResponseRatesResult
from survey_study import HEAD, frames, results, write

STATUS = '[waves.after.status]\nanswered = "answer"\nfinished = "done"\nsilent = "unknown"\n'
ITEM = '[[items]]\ncolumn = "job"\n'


def data():
    made = frames()
    n = len(made["after"])
    made["after"]["answer"] = np.where(np.arange(n) % 3 == 0, None, "yes")
    made["after"]["done"] = np.where(np.arange(n) % 4 == 0, "no", "yes")
    made["after"]["day"] = 1 + np.arange(n) % 3
    return made


@pytest.mark.parametrize(
    ("keys", "options"),
    [
        ("", {}),
        (
            'by = "site"\ndefinition = ["RR1", "RR3"]\ne = 0.5',
            {"by": "site", "definition": ["RR1", "RR3"], "e": 0.5},
        ),
        ('by = { before = ["site", "stratum"] }', {"by": {"before": ["site", "stratum"]}}),
        (
            'effort = "day"\nweights = "w"\npeople = "those asked"',
            {"effort": "day", "weights": "w", "people": "those asked"},
        ),
    ],
)
def test_rates_are_those_of_a_call(keys, options, tmp_path):
    text = f'{HEAD}{STATUS}{ITEM}[[response_rates]]\nwave = "after"\n{keys}\n'
    found = results(tmp_path, text, head="", data=data())
    [made] = [one for one in found.results if isinstance(one, ResponseRatesResult)]
    status = {"after": {"answered": "answer", "finished": "done", "silent": "unknown"}}
    panel = cb.link_waves(data(), on="id", status=status)
    assert made.rows == cb.response_rates(panel, wave="after", **options).rows
    assert made.people == options.get("people", "people")


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ('wave = "before"', r"response_rates\[1\]\.wave.*status or answered"),
        ('wave = "afterr"', r"response_rates\[1\]\.wave.*Did you mean 'after'"),
        ('definition = "RR9"', r"response_rates\[1\]\.definition"),
        ("e = 2.0", r"response_rates\[1\]\.e\b.*from 0 to 1"),
        ('effort = "dya"', r"response_rates\[1\]\.effort.*Did you mean 'day'"),
        ('by = "sites"', r"response_rates\[1\]\.by.*Did you mean 'site'"),
        ('weights = "ww"', r"response_rates\[1\]\.weights"),
    ],
)
def test_what_is_wrong_names_its_key(keys, words, tmp_path):
    with pytest.raises(StudyFileError, match=words):
        results(tmp_path, f"{HEAD}{STATUS}{ITEM}[[response_rates]]\n{keys}\n", head="", data=data())


def test_without_a_wave_it_takes_those_that_tell(tmp_path):
    with pytest.raises(StudyFileError, match=r"response_rates\[1\]\.wave.*no wave with one of them"):
        results(tmp_path, f"{HEAD}{ITEM}[[response_rates]]\n", head="", data=data())


def test_the_part_runs_alone(tmp_path):
    from credbenefits.study.file import read_study
    from credbenefits.study.run import study_results

    path = write(tmp_path, f"{HEAD}{STATUS}{ITEM}[[response_rates]]\n", head="", data=data())
    found = study_results(read_study(path), only=["response_rates"]).results
    assert [type(one) for one in found] == [ResponseRatesResult]
