"""The example study, checked against the brief with plain pandas and nothing else of the library."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import pandas as pd
import pytest

from credbenefits.datasets import load_credentials
from credbenefits.errors import InputError

SEEDS = (2023, 0, 7, 123_456_789)
WAVES = ["start", "completion", "followup"]
BACKGROUND = {
    "program": 8,
    "platform": 2,
    "region": 6,
    "age_group": 5,
    "gender": 4,
    "education": 4,
    "employment": 4,
}
OUTCOMES = {
    "performance_improved": 40,
    "applied_elsewhere": 23,
    "first_job": 18,
    "degree_same_university": 0,
    "degree_other_university": 19,
    "further_credentials": 42,
}
KEYS = ["response_id", "submitted_at", "status", "learner_id", "email"]


def normal(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return re.sub("[\u200b\ufeff]", "", unicodedata.normalize("NFKC", value)).strip().casefold()


class Study:
    """One seed: the raw frames, and per wave the last row of everybody, indexed by person."""

    def __init__(self, seed: int) -> None:
        self.raw = load_credentials(seed=seed, truth=True)
        rows = pd.concat(self.raw, names=["wave", "row"])
        self.keys = pd.DataFrame({key: rows[key].map(normal) for key in ("learner_id", "email")})
        both = self.keys[(self.keys["learner_id"] != "") & (self.keys["email"] != "")]
        pairs = both[["email", "learner_id"]].drop_duplicates()
        self.ids_of_email = pairs["email"].value_counts()
        known = pairs.drop_duplicates("email").set_index("email")["learner_id"]
        by_email = self.keys["email"].map(known).fillna(self.keys["email"])
        self.keys["person"] = self.keys["learner_id"].where(self.keys["learner_id"] != "", by_email)
        self.last: dict[str, pd.DataFrame] = {}
        for wave in WAVES:
            person = self.keys.loc[wave, "person"]
            frame = self.raw[wave].set_axis(pd.Index(person, name="person"))
            frame = frame[(frame.index != "") & (frame["status"] == "Response").to_numpy()]
            self.last[wave] = frame[~frame.index.duplicated(keep="last")]

    def completers(self) -> pd.DataFrame:
        completers = self.last["completion"].copy()
        completers["responded"] = completers.index.isin(self.last["followup"].index)
        return completers


@pytest.fixture(scope="module", params=SEEDS)
def study(request):
    return Study(request.param)


def logistic(columns: list[np.ndarray], outcome: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    design = np.column_stack([np.ones(len(outcome)), *columns]).astype(float)
    beta = np.zeros(design.shape[1])
    for _ in range(25):
        fitted = 1 / (1 + np.exp(-design @ beta))
        weight = fitted * (1 - fitted)
        beta += np.linalg.solve((design.T * weight) @ design, design.T @ (outcome - fitted))
    return beta, 1 / (1 + np.exp(-design @ beta))


def dummies(frame: pd.DataFrame, columns: list[str]) -> list[np.ndarray]:
    filled = frame[columns].apply(lambda column: column.fillna(column.mode()[0]))
    return [pd.get_dummies(filled, drop_first=True).to_numpy(dtype=float)]


def test_frames_come_in_order_with_their_columns():
    study = load_credentials()
    assert list(study) == WAVES
    assert list(study["start"]) == [*KEYS, *BACKGROUND, "intent", "hours_per_week"]
    assert list(study["completion"]) == [*KEYS, *BACKGROUND, "employer_support"]
    assert list(study["followup"]) == [
        *KEYS,
        "performance_improved",
        "performance_how",
        "applied_elsewhere",
        "first_job",
        "degree_same_university",
        "degree_other_university",
        "further_credentials",
        "further_credentials_support",
        "salary_increased",
    ]


def test_people_per_wave(study):
    start, completion, followup = (set(study.last[wave].index) for wave in WAVES)
    assert (len(start), len(completion), len(followup)) == (25_891, 2_288, 120)
    assert len(start & completion) == 431
    assert len(followup & completion) == 111
    assert len(followup & completion & start) == 25
    assert len((followup & start) - completion) == 5
    assert len(followup - start - completion) == 4


def test_employer_support(study):
    ticks = study.last["completion"]["employer_support"]
    assert ticks.notna().all()
    asked = ticks.str.contains("Asked me to take the program")
    fees = ticks.str.contains("Covered the fees")
    time = ticks.str.contains("Paid for study time")
    assert (asked.sum(), fees.sum(), time.sum()) == (316, 277, 211)
    assert (asked & fees & time).sum() == 44
    assert (asked & ~fees & ~time).sum() == 153
    assert (asked & (fees ^ time)).sum() == 119
    assert (ticks == "None of these").equals(~(asked | fees | time))
    assert ticks.nunique() == 8  # every combination has one spelling, so ticks keep their order


def in_both(study):
    """Employment at start and at completion of the 431 people who are in both."""
    start, completion = study.last["start"]["employment"], study.last["completion"]["employment"]
    both = start.index.intersection(completion.index)
    return start[both], completion[both]


def test_employment_of_the_people_in_start_and_completion(study):
    before, now = in_both(study)
    assert (before.notna() & now.isna()).sum() == 6
    assert (before.isna() & now.notna()).sum() == 13
    twice = before.notna() & now.notna()
    assert twice.sum() == 412
    was, is_now = (wave[twice] == "Employed full time" for wave in (before, now))
    assert (was.sum(), is_now.sum()) == (255, 264)  # 61.9% and 64.1%
    assert ((~was & is_now).sum(), (was & ~is_now).sum()) == (27, 18)


def test_who_is_in_both_waves_also_changes_between_other_kinds_of_employment(study):
    before, now = in_both(study)
    others = [wave.notna() & (wave != "Employed full time") for wave in (before, now)]
    assert all(wave[other].nunique() == 3 for wave, other in zip((before, now), others, strict=True))
    assert (others[0] & others[1] & (before != now)).sum() > 0


def test_followup_answers(study):
    followup = study.last["followup"]
    for outcome, yes in OUTCOMES.items():
        assert followup[outcome].isin(["Yes", "No"]).all()
        assert (followup[outcome] == "Yes").sum() == yes, outcome
    salary = followup["salary_increased"]
    assert set(salary.dropna()) == {"Yes", "No", "Prefer not to say"}
    assert 0 < salary.isna().sum() < 20


def test_skipped_questions_are_missing(study):
    followup = study.last["followup"]
    how = followup["performance_how"]
    assert how.notna().equals(followup["performance_improved"] == "Yes")
    ticked = how.dropna().str.split(",").explode()
    assert set(ticked) <= {
        "Better knowledge",
        "Better quality of work",
        "Faster work",
        "More responsibility",
        "Other",
    }
    assert (ticked == "Better knowledge").sum() == 12
    assert (ticked == "Better quality of work").sum() == 10
    support = followup["further_credentials_support"]
    assert support.notna().equals(followup["further_credentials"] == "Yes")
    assert support.value_counts().to_dict() == {"Yes": 15, "No": 27}


def test_skips_hold_in_every_raw_row(study):
    raw = study.raw["followup"]
    assert raw["performance_how"].notna().equals(raw["performance_improved"] == "Yes")
    assert raw["further_credentials_support"].notna().equals(raw["further_credentials"] == "Yes")


def test_background(study):
    for wave in ("start", "completion"):
        frame = study.last[wave]
        for question, choices in BACKGROUND.items():
            assert frame[question].nunique() == choices
            assert 0 < frame[question].isna().mean() < 0.05
        assert frame.groupby("program")["platform"].nunique().eq(2).all()
    hours = study.last["start"]["hours_per_week"].astype(int)
    assert hours.between(1, 20).all()
    assert study.last["start"]["intent"].str.split(",").explode().nunique() == 4


def test_background_seldom_changes_between_waves(study):
    start, completion = study.last["start"], study.last["completion"]
    both = start.index.intersection(completion.index)
    then, now = start.loc[both, list(BACKGROUND)], completion.loc[both, list(BACKGROUND)]
    changed = ((then != now) & then.notna() & now.notna()).mean()
    assert 0.02 < changed["employment"] < 0.20
    assert (changed.drop("employment") < 0.05).all()
    assert (changed[["program", "platform", "age_group", "gender"]] == 0).all()
    assert (start.loc[both, "submitted_at"] < completion.loc[both, "submitted_at"]).all()


def test_every_person_is_one_link(study):
    # The number is the same in a person's id and e-mail, though linking does not know that.
    assert study.ids_of_email.eq(1).all()
    emails_of_id = study.keys[study.keys["email"] != ""].groupby("learner_id")["email"].nunique()
    assert emails_of_id.drop("").eq(1).all()
    people = study.keys[study.keys["person"] != ""]
    number = people["learner_id"].where(people["learner_id"] != "", people["email"])
    number = number.str.extract(r"(\d+)")[0].astype(int)
    assert number.nunique() == people["person"].nunique() == 25_891 + 2_288 - 431 + 4
    assert people["person"].groupby(number.to_numpy()).nunique().eq(1).all()
    for key in ("learner_id", "email"):
        owners = people[people[key] != ""].groupby(key)["person"].nunique()
        assert owners.eq(1).all()
    assert (
        people.loc[people["email"] != "", "email"].str.fullmatch(r"learner\d{5}@example\.(org|com|net)").all()
    )
    assert people.loc[people["learner_id"] != "", "learner_id"].str.fullmatch(r"l\d{7}").all()


def test_spellings_differ(study):
    raw = pd.concat(study.raw)["email"].dropna()
    assert (raw != raw.str.strip(" ")).any()
    assert raw.str.contains("LEARNER").any()
    for character in ("\u200b", "\ufeff", "\uff20"):
        assert raw.str.contains(f"\\w{character}|{character}\\w").any()


@pytest.mark.parametrize(
    ("wave", "repeats", "blank", "previews", "no_id"),
    [("start", 400, 85, 17, 0.05), ("completion", 40, 9, 5, 0.05), ("followup", 6, 3, 4, 0.25)],
)
def test_raw_rows(study, wave, repeats, blank, previews, no_id):
    raw, keys = study.raw[wave], study.keys.loc[wave]
    preview = raw["status"] == "Survey Preview"
    assert set(raw["status"]) == {"Response", "Survey Preview"}
    assert preview.sum() == previews
    nobody = keys["person"] == ""
    assert (nobody & ~preview).sum() == blank
    assert (nobody & preview).sum() == previews
    keyed = keys[~nobody]
    assert keyed["person"].duplicated().sum() == repeats
    assert (keyed["learner_id"] == "").mean() == pytest.approx(no_id, abs=0.005)
    assert (keyed["email"] == "").mean() == pytest.approx(0.03, abs=0.005)
    assert not ((keyed["learner_id"] == "") & (keyed["email"] == "")).any()


@pytest.mark.parametrize(
    ("wave", "column", "at_least"),
    [
        ("start", "hours_per_week", 200),
        ("completion", "employer_support", 20),
        ("followup", "performance_improved", 3),
    ],
)
def test_repeats_contradict_or_agree(study, wave, column, at_least):
    person = study.keys.loc[wave, "person"]
    raw = study.raw[wave].set_axis(pd.Index(person))
    earlier = raw[(person != "").to_numpy() & person.duplicated(keep="last").to_numpy()]
    final = study.last[wave].loc[earlier.index]
    answers = [name for name in raw if name not in KEYS and not name.startswith("truth_")]
    same = (earlier[answers].fillna("") == final[answers].fillna("")).all(axis=1)
    assert same.sum() >= len(earlier) // 3 - 1
    assert (earlier[column] != final[column]).sum() >= at_least
    truths = [name for name in raw if name.startswith("truth_")]
    pd.testing.assert_frame_equal(earlier[truths], final[truths])


@pytest.mark.parametrize(
    ("wave", "years"), [("start", (2019, 2021)), ("completion", (2020, 2022)), ("followup", (2023, 2023))]
)
def test_rows_are_numbered_and_dated(study, wave, years):
    raw = study.raw[wave]
    assert raw["response_id"].is_unique
    assert raw["response_id"].str.fullmatch(r"R_\w{15}").all()
    submitted = pd.to_datetime(raw["submitted_at"], format="%Y-%m-%dT%H:%M:%S")
    assert submitted.is_monotonic_increasing
    assert submitted.is_unique
    assert (submitted.min().year, submitted.max().year) == years


def test_all_columns_are_text(study):
    for frame in study.raw.values():
        assert frame.index.equals(pd.RangeIndex(len(frame)))
        for column in frame:
            assert frame[column].dropna().map(type).eq(str).all(), column


def test_every_kind_of_blank_key():
    raw = pd.concat(load_credentials())
    for key in ("learner_id", "email"):
        blanks = raw.loc[raw[key].map(normal) == "", key]
        assert blanks.isna().any()
        assert {"", "  ", "\u200b"} <= set(blanks.dropna())


def test_truth_agrees_with_the_answers(study):
    followup, completion = study.last["followup"], study.last["completion"]
    both = followup.index.intersection(completion.index)
    for outcome in OUTCOMES:
        assert (completion.loc[both, f"truth_{outcome}"] == followup.loc[both, outcome]).all()
        assert completion[f"truth_{outcome}"].isin(["Yes", "No"]).all()
    nobody = (study.keys.loc["completion", "person"] == "").to_numpy()
    raw = study.raw["completion"].filter(like="truth_")
    assert raw.shape[1] == 6
    assert raw[nobody].isna().all(axis=None)
    assert raw[~nobody].notna().all(axis=None)


def test_true_shares(study):
    share = (study.last["completion"].filter(like="truth_") == "Yes").mean()
    assert 0.26 < share["truth_performance_improved"] < 0.29
    assert share["truth_degree_same_university"] == pytest.approx(0.01, abs=0.002)
    assert share["truth_applied_elsewhere"] == pytest.approx(400 / 2288)
    assert share["truth_first_job"] == pytest.approx(340 / 2288)
    assert share["truth_degree_other_university"] == pytest.approx(325 / 2288)
    assert share["truth_further_credentials"] == pytest.approx(720 / 2288)


def test_weighting_recovers_part_of_the_gap(study):
    completers = study.completers()
    responded = completers["responded"].to_numpy(dtype=float)
    improved = (completers["truth_performance_improved"] == "Yes").to_numpy(dtype=float)
    answered = responded == 1
    _, propensity = logistic(dummies(completers, ["employment", "education"]), responded)
    weighted = np.average(improved[answered], weights=1 / propensity[answered])
    truth, unweighted = improved.mean(), improved[answered].mean()
    assert unweighted == pytest.approx(37 / 111)
    assert truth + 0.01 < weighted < unweighted - 0.005


def test_benefit_raises_response_beyond_background(study):
    completers = study.completers()
    responded = completers["responded"].to_numpy(dtype=float)
    improved = (completers["truth_performance_improved"] == "Yes").to_numpy(dtype=float)
    assert responded[improved == 1].mean() > responded[improved == 0].mean()
    background = dummies(completers, ["employment", "education", "program"])
    beta, _ = logistic([*background, improved], responded)
    assert 1.1 < np.exp(beta[-1]) < 1.45


def test_background_raises_response_and_benefit(study):
    completers = study.completers()
    full_time = completers["employment"] == "Employed full time"
    higher = completers["education"].isin(["Master's degree", "Doctorate"])
    benefit = completers["truth_performance_improved"] == "Yes"
    for more in (full_time, higher):
        assert completers.loc[more, "responded"].mean() > completers.loc[~more, "responded"].mean()
        assert benefit[more].mean() > benefit[~more].mean()


def test_same_seed_same_frames_and_truth_only_appends():
    with_truth, without = load_credentials(seed=5, truth=True), load_credentials(seed=np.int64(5))
    for wave in WAVES:
        shared = with_truth[wave].drop(columns=[c for c in with_truth[wave] if c.startswith("truth_")])
        pd.testing.assert_frame_equal(shared, without[wave])
    assert list(with_truth["completion"])[-6:] == [f"truth_{outcome}" for outcome in OUTCOMES]


def test_other_seed_other_people():
    one, two = load_credentials(seed=1), load_credentials(seed=2)
    for wave in WAVES:
        assert len(one[wave]) == len(two[wave])
        assert not one[wave]["response_id"].equals(two[wave]["response_id"])
        assert not one[wave]["learner_id"].equals(two[wave]["learner_id"])


@pytest.mark.parametrize("seed", [-1, 1.0, True, None, "2023", np.bool_(True)])
def test_bad_seed(seed):
    with pytest.raises(InputError, match="seed") as caught:
        load_credentials(seed=seed)
    assert caught.value.argument == "seed"


@pytest.mark.parametrize("truth", [1, None, "yes"])
def test_bad_truth(truth):
    with pytest.raises(InputError, match="truth"):
        load_credentials(truth=truth)
