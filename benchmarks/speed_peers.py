"""Other packages that do the work of `speed.py`, where they are here."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

R_SCRIPT = """
suppressPackageStartupMessages(library(survey))
told <- commandArgs(trailingOnly = TRUE)
frame <- read.csv(told[1])
design <- svydesign(~psu, strata = ~stratum, weights = ~weight, data = frame, nest = TRUE)
items <- reformulate(grep("^item_", names(frame), value = TRUE))
cat(paste0("R ", getRversion(), ", survey ", packageVersion("survey")), "\\n"); flush(stdout())
asked <- file("stdin"); open(asked)
while (length(line <- readLines(asked, 1))) {
  made <- svyby(items, ~group, design, svymean)
  if (line == "write") write.table(t(SE(made)), told[2], row.names = FALSE, col.names = FALSE)
  cat("done\\n"); flush(stdout())
}
"""


def package(name):
    """Return a package's name and version, or None where it is absent."""
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return None


class RSurvey:
    """`svyby` in one R process that has read the data and made its design; a call runs it once.

    The process waits for a line and answers with one, so that it can take turns with others. A call
    costs the line and the answer too, far below a millisecond.
    """

    def __init__(self, study):
        self.folder = tempfile.TemporaryDirectory()
        script, data, self.errors = (Path(self.folder.name) / f for f in ("run.R", "data.csv", "errors.txt"))
        script.write_text(R_SCRIPT, encoding="utf-8")
        study.frame.to_csv(data, index=False)
        command = ["Rscript", "--vanilla", str(script), str(data), str(self.errors)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.name = self.process.stdout.readline().strip()

    def __call__(self, line="run"):
        print(line, file=self.process.stdin, flush=True)
        assert self.process.stdout.readline() == "done\n"

    def std_errors(self):
        """Standard errors of the items (rows) in the groups (columns)."""
        self("write")
        return np.loadtxt(self.errors)

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.folder.cleanup()


def r_survey(study):
    """Return R's package survey, ready to run, or None where it is absent."""
    if shutil.which("Rscript") is None:
        return None
    made = RSurvey(study)
    if made.name:
        return made
    made.close()
    return None


def svy_means(study):
    """Return a call of the Python package svy, with its data as it wants it and its design ready."""
    if package("svy") is None:
        return None
    import polars as pl
    import svy

    design = svy.Design(stratum="stratum", psu="psu", wgt="weight")
    sample = svy.Sample(pl.from_pandas(study.frame), design)
    return lambda: sample.estimation.mean(study.items, by="group")
