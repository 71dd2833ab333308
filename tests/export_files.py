"""The same small study as each tool writes it.

Layouts (looked up 2026-11-28):
- Qualtrics: "Understanding Your Dataset" (qualtrics.com/support, Data & Analysis): three rows of headings, a status
  that is words or a number, Finished and Progress; import ids of ticks with their choice, as in public exports.
- LimeSurvey: "Exporting results" in its manual, and CsvWriter.php, Writer.php and SurveyObj.php of its sources, which
  say what stands in a heading and in a cell: every cell in quotes, a blank line at the end, Y or Yes for a tick.
- SurveyMonkey: first headings of public exports (Respondent ID, Collector ID, ... Custom Data 1), the choices below.
- Google Forms: "View and manage form responses"; Microsoft Forms: "Check and share your form results".

The truth: four people; Ann did not finish, Bo left the ticks out, Di's text has a comma, quotes and a line break.
"""

from __future__ import annotations

import csv
import io

COMMENT = 'It was "good", really; yes.\nThank you'
#: Who, whether it helped, what of (money, skills), the text beside "other", a comment.
PEOPLE = [
    ("007", "Yes", ("Money",), None, None),
    ("1e5", "No", (), None, "NA"),
    ("NA", "Yes, a lot", ("Money", "Skills"), None, None),
    ("042", "No", ("Skills", "Other"), "Friends", COMMENT),
]
CHOICES = ("Money", "Skills", "Other")
QUESTION = "Did the course help you, all in all?"
TICKS = "What did it bring you?\nTick all, please"
STARTED = [f"2024-05-0{i} 10:00:00" for i in range(1, 10)]


def written(rows, delimiter=",", *, quoting=csv.QUOTE_MINIMAL, end="\n"):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows(rows)
    return out.getvalue()


def _blank(value):
    return "" if value is None else value


# ---- Qualtrics ----------------------------------------------------------------------------------------

OWN = [
    ("StartDate", "Start Date", "startDate"),
    ("EndDate", "End Date", "endDate"),
    ("Status", "Response Type", "status"),
    ("IPAddress", "IP Address", "ipAddress"),
    ("Progress", "Progress", "progress"),
    ("Duration (in seconds)", "Duration (in seconds)", "duration"),
    ("Finished", "Finished", "finished"),
    ("RecordedDate", "Recorded Date", "recordedDate"),
    ("ResponseId", "Response ID", "_recordId"),
    ("ExternalReference", "External Data Reference", "externalDataReference"),
]


def qualtrics(*, split=True, codes=False, people=PEOPLE, statuses=None, twice=False, ids=True, delimiter=","):
    """Return the rows of a file of Qualtrics: with a column per tick or one, with labels or codes."""
    ordinary = "0" if codes else "IP Address"
    tick = TICKS.replace("\n", " ") + " - Selected Choice"
    asked = [("Q1", QUESTION, '{"ImportId":"QID1"}')]
    if split:
        asked += [
            (f"Q2_{i}", f"{tick} - {choice}", f'{{"ImportId":"QID2","choiceId":"{i}"}}')
            for i, choice in enumerate(CHOICES, 1)
        ]
    else:
        asked += [("Q2", tick, '{"ImportId":"QID2"}')]
    asked += [
        ("Q2_3_TEXT", TICKS + " - Other - Text", '{"ImportId":"QID2_3_TEXT"}'),
        ("Q1" if twice else "Q3", "Anything else?", '{"ImportId":"QID3_TEXT"}'),
        ("cohort", "cohort", '{"ImportId":"cohort"}'),
    ]
    heads = [(n, t, f'{{"ImportId":"{i}"}}') for n, t, i in OWN] + asked
    rows = [[h[0] for h in heads], [h[1] for h in heads]] + ([[h[2] for h in heads]] if ids else [])
    for i, (who, helped, brought, other, comment) in enumerate(people):
        finished = i != 0
        status = ordinary if statuses is None else statuses[i]
        row = [STARTED[i], STARTED[i], status, "10.0.0.1", "100" if finished else "40", "61"]
        row += [("1" if finished else "0") if codes else str(finished), STARTED[i], f"R_{i}", who]
        row += [{"Yes": "1", "No": "2", "Yes, a lot": "3"}[helped] if codes else helped]
        ticked = [(str(k) if codes else choice) for k, choice in enumerate(CHOICES, 1) if choice in brought]
        if split:
            row += [("1" if codes else choice) if choice in brought else "" for choice in CHOICES]
        else:
            row += [",".join(ticked)]
        rows.append([*row, _blank(other), _blank(comment), "spring"])
    return rows


# ---- LimeSurvey ---------------------------------------------------------------------------------------


def limesurvey(*, heading="code", full=False, people=PEOPLE):
    """Return the rows of a file of LimeSurvey: headings as codes, texts or both, answers as codes or in full."""
    ticks = TICKS.replace("\n", " ")
    heads = [
        ("id", "Response ID"),
        ("submitdate", "Date submitted"),
        ("lastpage", "Last page"),
        ("startlanguage", "Start language"),
        ("seed", "Seed"),
        ("token", "Access code"),
        ("helped", QUESTION),
        ("brought[SQ001]", f"{ticks} [Money]"),
        ("brought[SQ002]", f"{ticks} [Skills]"),
        ("brought[other]", f"{ticks} [Other]"),
        ("likes[SQ001]", "How much did you like? [The rooms]"),
        ("comment", "Anything else?"),
    ]
    shown = {"code": 0, "full": 1}
    rows = [[h[shown[heading]] if heading in shown else f"{h[0]}{heading}{h[1]}" for h in heads]]
    for i, (who, helped, brought, other, comment) in enumerate(people):
        done = STARTED[i] if i else ""
        row = [str(i + 1), done, "3" if i else "1", "en", "42", who]
        row += [helped if full else {"Yes": "A1", "No": "A2", "Yes, a lot": "A3"}[helped]]
        for choice in CHOICES[:2]:
            if choice in brought:
                row += ["Yes" if full else "Y"]
            else:
                row += [("N/A" if not brought else "No") if full else ""]
        rows.append([*row, _blank(other), ["Much", "Little"][i % 2], _blank(comment)])
    if not people:
        rows.append([""] * len(heads))
    return rows


# ---- SurveyMonkey -------------------------------------------------------------------------------------


def surveymonkey(*, numbers=False, people=PEOPLE):
    """Return the rows of a file of SurveyMonkey, with the choices in words or as numbers."""
    own = ["Respondent ID", "Collector ID", "Start Date", "End Date", "IP Address", "Email Address"]
    own += ["First Name", "Last Name", "Custom Data 1"]
    first = [*own, QUESTION, TICKS, "", "", "Rate the course", "", "Anything else?"]
    second = [""] * len(own)
    second += [
        "Response",
        "Money",
        "Skills",
        "Other (please specify)",
        "Rooms",
        "Food",
        "Open-Ended Response",
    ]
    rows = [first, second]
    for i, (who, helped, brought, other, comment) in enumerate(people):
        row = [f"1140000000{i}", "2200", "05/01/2024 10:00:00 AM", "05/01/2024 10:05:00 AM", "10.0.0.1"]
        row += ["", "", "", who, helped]
        row += [(str(k) if numbers else c) if c in brought else "" for k, c in enumerate(CHOICES[:2], 1)]
        rows.append([*row, _blank(other), "Good", ["Good", "Bad"][i % 2], _blank(comment)])
    return rows


# ---- forms --------------------------------------------------------------------------------------------


def google_forms(*, joint=", ", people=PEOPLE):
    heads = [
        "Timestamp",
        "Email Address",
        "Your code",
        QUESTION,
        TICKS,
        "Rate [Rooms]",
        "Rate [Food]",
        "Else?",
    ]
    rows = [heads]
    for i, (who, helped, brought, other, comment) in enumerate(people):
        said = [other if choice == "Other" else choice for choice in brought]
        row = [f"5/{i + 1}/2024 10:00:00", f"p{i}@example.org", who, helped, joint.join(said)]
        rows.append([*row, "4", "5", _blank(comment)])
    return rows


def microsoft_forms(people=PEOPLE):
    heads = [
        "ID",
        "Start time",
        "Completion time",
        "Email",
        "Name",
        "Your code\xa0",
        QUESTION,
        TICKS,
        "Else?",
    ]
    rows = [heads]
    for i, (who, helped, brought, other, comment) in enumerate(people):
        said = "".join(f"{other if choice == 'Other' else choice};" for choice in brought)
        row = [str(i + 1), f"5/{i + 1}/24 10:00:00", f"5/{i + 1}/24 10:05:00", "anonymous", "", who, helped]
        rows.append([*row, said, _blank(comment)])
    return rows
