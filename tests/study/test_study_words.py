"""What a study calls columns that are carried from one wave to another, in its brief."""

from __future__ import annotations

import warnings

import pytest

from credbenefits.study.file import read_study
from credbenefits.study.run import run_study
from survey_study import HEAD, write

JOB = '[[items]]\ncolumn = "job"\n'


@pytest.mark.parametrize(
    ("labels", "called"),
    [("", "stratum in “before”"), ('[labels]\nstratum = "kind of school"\n', "kind of school")],
)
def test_the_columns_of_a_design_of_another_wave_are_called_as_the_study_calls_them(tmp_path, labels, called):
    text = f'{labels}[design]\nfrom = "before"\nstrata = "stratum"\n{JOB}'
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = (
            run_study(read_study(write(tmp_path, text, head="figures = false\n" + HEAD)))
            .to_markdown()
            .replace("\\_", "_")
        )
    assert f" strata ({called})." in made
    assert "stratum_before" not in made


def test_a_label_of_a_column_that_no_part_uses_is_no_slip(tmp_path):
    text = f'[labels]\nschool = "the school"\n{JOB}'
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study = read_study(write(tmp_path, text, head="figures = false\n" + HEAD))
        assert "the school" not in run_study(study).to_markdown()
        run_study(study, only=["job"])
