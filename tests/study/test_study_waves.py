"""Study files whose waves stand in one file, and whose keys have several columns."""

from __future__ import annotations

import warnings

import pytest

import credbenefits as cb
from credbenefits.errors import StudyFileError
from credbenefits.reporting import charts
from credbenefits.study.check import check_study
from credbenefits.study.file import read_study
from credbenefits.study.run import study_results

ITEM = '[[items]]\nwave = "{wave}"\ncolumn = "job"\nyes = "yes"\n'
WIDE = "id,sex,job,job_2,sent_2\n" + "".join(
    f"{i},{'fm'[i % 2]},{'yes' if i % 3 else 'no'},{['yes', 'no', ''][i % 3]},mail\n" for i in range(30)
)
LONG = "id,year,job\n" + "".join(
    f"{i},{year},{['yes', 'no', ''][(i + year) % 3]}\n" for i in range(30) for year in (2021, 2019)
)


@pytest.fixture(autouse=True)
def _no_figures(monkeypatch):
    monkeypatch.setattr(charts, "wanted", lambda figures: False)


def study(folder, data, waves, wave="end", item=ITEM):
    (folder / "data.csv").write_text(data, encoding="utf-8")
    tables = "".join(
        f'[waves.{name}]\nfile = "data.csv"\nkeys = {lines.pop("keys", chr(34) + "id" + chr(34))}\n'
        + "".join(f"{key} = {value}\n" for key, value in lines.items())
        for name, lines in waves.items()
    )
    text = f'title = "One file"\n{tables}{item.format(wave=wave)}'
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return folder / "study.toml"


def results(path):
    assert check_study(path) == []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return study_results(read_study(path))


def test_waves_beside_each_other(tmp_path):
    made = results(study(tmp_path, WIDE, {"start": {"columns": '""'}, "end": {"columns": '"_2"'}}))
    assert made.panel.presence.sum(axis=0).tolist() == [30, 20]
    (share,) = made.results[0].rows
    assert (share.count, share.n) == (10, 20)
    assert made.brief().to_markdown()


@pytest.mark.parametrize("answered", [{}, {"answered": '"job"'}])
def test_waves_below_each_other(tmp_path, answered):
    waves = {"2019": {"wave_column": '"year"'}, "2021": {"wave_column": '"year"', **answered}}
    made = results(study(tmp_path, LONG, waves, wave="2021"))
    assert made.panel.wave_names == ("2019", "2021")
    assert made.panel.presence.sum(axis=0).tolist() == [20, 20]


def test_keys_of_several_columns_and_within(tmp_path):
    data = "code,course,mail,job,job_2\n" + "".join(
        f"{i // 2},{'ab'[i % 2]},m{i},{'yes' if i % 3 else 'no'},yes\n" for i in range(30)
    )
    both = {"keys": '[["code", "course"], "mail"]'}
    made = results(
        study(tmp_path, data, {"start": {"columns": '""', **both}, "end": {"columns": '"_2"', **both}})
    )
    assert made.panel.key_names == ("code + course", "mail")
    assert made.panel.n_people == 30
    within = {"keys": '["code", "mail"]', "within": '"course"'}
    waves = {"start": {"columns": '"*_1"', **within}, "end": {"columns": '"_2"', **within}}
    made = results(study(tmp_path, data.replace("job,", "job_1,", 1), waves))
    assert made.panel.n_people == 30
    assert len(cb.attrition(made.panel, by="course").retention.rows) == 2


@pytest.mark.parametrize(
    ("data", "waves", "key", "words"),
    [
        (
            WIDE,
            {"start": {"columns": '""'}, "end": {"columns": '"_3"'}},
            "waves.start.columns",
            "'_3' of wave 'end'",
        ),
        (
            WIDE,
            {"start": {"columns": '""'}, "end": {}},
            "waves.start.columns",
            "two or more waves with columns",
        ),
        (
            LONG,
            {"2019": {"wave_column": '"year"'}, "2022": {"wave_column": '"year"'}},
            "waves.2019.wave_column",
            "'2021' without a table",
        ),
        (
            LONG,
            {"2019": {"wave_column": '"year"'}, "2021": {"wave_column": '"id"'}},
            "waves.2019.wave_column",
            "the same wave_column",
        ),
        (
            WIDE,
            {"start": {"columns": '""'}, "end": {"columns": '"_2"', "within": '"site"'}},
            "waves.end.within",
            "site",
        ),
        (
            WIDE,
            {
                "start": {"columns": '""', "wave_column": '"sex"'},
                "end": {"columns": '"_2"', "wave_column": '"sex"'},
            },
            "waves.start.columns",
            "columns or wave_column",
        ),
    ],
)
def test_what_cannot_be_cut_names_its_key(tmp_path, data, waves, key, words):
    path = study(tmp_path, data, waves, wave=list(waves)[-1])
    found = check_study(path)
    if not found:
        with pytest.raises(StudyFileError) as stopped:
            study_results(read_study(path))
        found = [stopped.value]
    assert any(one.argument == key and words in str(one) for one in found), [str(one) for one in found]
