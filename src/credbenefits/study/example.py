"""The commented study file of the built-in synthetic study."""

STUDY_TOML = """\
# A study for the command:  credbenefits brief study.toml --out DIR
# SYNTHETIC data: no row is a real person. Replace the files by your own exports.

title = "What learners reported one year after a MOOC-based credential (synthetic data)"
note = "Synthetic data: no row is a real person. The counts follow a public brief."

wave = "followup"            # the wave whose answers are reported, unless an entry says otherwise
confidence_level = 0.95
duplicates = "last"          # which submission counts when somebody sent several: last, first, most_complete
missing = ["Prefer not to say"]    # answers that are no answer, in every column

[exclude]                    # rows to set aside before linking, by column
status = ["Survey Preview"]

# The waves in order of time. Keys are used in order of trust: the e-mail links only rows without an id.
[waves.start]
file = "start.csv"
keys = ["learner_id", "email"]
people = "start-survey respondents"

[waves.completion]
file = "completion.csv"
keys = ["learner_id", "email"]
people = "completion-survey respondents"

[waves.followup]
file = "followup.csv"
keys = ["learner_id", "email"]
people = "follow-up respondents"
invited = 2288               # how many were asked: without it there is no response rate
# answered = ["first_job"]   # if the file holds silent people too: columns that only answers fill
# skip_rows = 2              # if rows of question texts follow the header, as in exports of Qualtrics
# separator = ";"            # if no commas stand between the cells: ";", "\\t" (tab) or "|"

# Select-all-that-apply columns become one yes/no column per choice, named "<column>: <choice>".
# Their base is the people who answered the question, not everybody and not the ticks.
[[choices]]
column = "performance_how"
choices = ["Better knowledge", "Better quality of work", "Faster work", "More responsibility", "Other"]

[[choices]]
wave = "completion"
column = "employer_support"
choices = ["Asked me to take the program", "Covered the fees", "Paid for study time"]
none_of_these = "None of these"

# What is reported. `label` is a noun phrase that follows "reported". For a column that is not plainly
# yes/no say which answers count: yes = ["Agree", "Strongly agree"]. `among` makes the people who said
# yes to another item the base.
[[items]]
column = "performance_improved"
label = "improved job performance"

[[items]]
column = "performance_how: Better knowledge"
label = "improvement through better knowledge"
among = "performance_improved"

[[items]]
column = "performance_how: Better quality of work"
label = "improvement through better quality of work"
among = "performance_improved"

[[items]]
column = "applied_elsewhere"
label = "applications to different employers"

[[items]]
column = "first_job"
label = "a first job"

[[items]]
column = "degree_same_university"
label = "enrolling in a degree at the same university"

[[items]]
column = "degree_other_university"
label = "enrolling in a degree at a different university"

[[items]]
column = "further_credentials"
label = "taking further alternative credentials"

[[items]]
column = "further_credentials_support"
label = "employer support for the further credentials"
among = "further_credentials"

[[items]]
column = "salary_increased"
label = "a higher salary"

[[items]]
wave = "completion"
column = "employer_support: Asked me to take the program"
label = "being asked by the employer to take the program"

[[items]]
wave = "completion"
column = "employer_support: Covered the fees"
label = "fees covered by the employer"

[[items]]
wave = "completion"
column = "employer_support: Paid for study time"
label = "study time paid by the employer"

# Weights make those who answered stand for a named population, on what is known about all of it.
# Choose covariates related to the outcome; `check` holds known variables out, to see what is left.
[weights]
to = "completion"
population = "completion-survey respondents"
covariates = ["employment", "education"]
check = ["region", "age_group"]

# Comparisons between groups; `from` is the wave that the column comes from.
[[groups]]
by = "employment"
from = "completion"
reference = "Employed full time"
items = ["performance_improved", "applied_elsewhere"]
"""
