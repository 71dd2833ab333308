"""Other packages that rake, and that fit a model of answering, where they are here; for `speed_weights.py`.

Each is called with its data as it wants them, and does nothing besides. A call returns the weights or
propensities of the rows, and seconds of processor where it ran in a process of its own.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from speed_peers import package

#: How nearly totals are to be met, where a package lets one say so.
MET = 1e-8

R_SCRIPT = """
told <- commandArgs(trailingOnly = TRUE)
if (told[1] == "rake") suppressPackageStartupMessages(library(survey))
frame <- read.csv(told[2], stringsAsFactors = TRUE)
names <- if (told[1] == "rake") {
  paste0("R ", getRversion(), ", survey ", packageVersion("survey"), ": rake")
} else paste0("R ", getRversion(), ": glm")
if (told[1] == "rake") {
  margins <- setdiff(names(frame), "weight")
  totals <- read.csv(told[3])
  population <- lapply(margins, function(m) {
    some <- totals[totals$margin == m, ]
    setNames(data.frame(some$level, some$total), c(m, "Freq"))
  })
  for (m in margins) frame[[m]] <- factor(frame[[m]])
  population <- lapply(population, function(p) { p[[1]] <- factor(p[[1]]); p })
  design <- svydesign(~1, weights = ~weight, data = frame)
  work <- function() weights(rake(design, lapply(margins, function(m) reformulate(m)), population,
                                  control = list(maxit = 1000, epsilon = as.numeric(told[4]))))
} else {
  model <- reformulate(setdiff(names(frame), "answered"), "answered")
  work <- function() fitted(glm(model, binomial, frame))
}
cat(names, "\\n"); flush(stdout())
asked <- file("stdin"); open(asked)
while (length(line <- readLines(asked, 1))) {
  if (line == "write") writeBin(as.vector(made), told[5]) else taken <- system.time(made <- work())
  cat(sum(taken[1:2]), "\\n"); flush(stdout())
}
"""


class InR:
    """A call of R, in a process that has read the data; it answers each line with seconds of processor."""

    def __init__(self, work, frame, totals=""):
        self.folder = tempfile.TemporaryDirectory()
        script, data, aims, self.file = (
            Path(self.folder.name) / name for name in ("run.R", "data.csv", "totals.csv", "made.bin")
        )
        script.write_text(R_SCRIPT, encoding="utf-8")
        aims.write_text(totals, encoding="utf-8")
        frame.to_csv(data, index=False)
        told = [work, str(data), str(aims), str(MET), str(self.file)]
        self.process = subprocess.Popen(
            ["Rscript", "--vanilla", str(script), *told],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.name = self.process.stdout.readline().strip()

    def ask(self, line):
        print(line, file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())

    def __call__(self):
        return Later(self), self.ask("run")


class Later:
    """What R made, read where it is asked for."""

    def __init__(self, of):
        self.of = of

    def __array__(self, dtype=None, copy=None):
        self.of.ask("write")
        return np.fromfile(self.of.file, dtype or float)


def in_r(found, missing, name, *arguments):
    """Add a contestant of R."""
    made = InR(*arguments) if shutil.which("Rscript") else None
    if made is not None and made.name:
        found.append((made.name, made))
    else:
        missing.append(name)


def raking_peers(study):
    """Return peers that rake, by name, and the names of those that are not here."""
    found, missing = [], []
    plain = study.frame.drop(columns="weight")
    shares = {m: {k: n / study.rows for k, n in each.items()} for m, each in study.totals.items()}
    percent = {m: {k: 100 * p for k, p in each.items()} for m, each in shares.items()}
    ways = {"rimpy": rimpy_call, "weightipy": weightipy_call, "leafblower": leafblower_call}
    for name, way in ways.items():
        if package(name):
            words, call = way(study.frame, plain, shares, percent)
            found.append((f"{package(name)}{words}", lambda call=call: (call(), None)))
        else:
            missing.append(name)
    lines = [f"{m},{k},{n!r}" for m, each in study.totals.items() for k, n in each.items()]
    in_r(found, missing, "R's survey", "rake", study.frame, "\n".join(["margin,level,total", *lines]))
    return found, missing


def rimpy_call(_, plain, __, percent):
    import rimpy

    return ", no weights", lambda: rimpy.rake(plain, percent, convergence_threshold=MET)["weight"]


def weightipy_call(_, plain, __, percent):
    import weightipy

    scheme = weightipy.scheme_from_dict(percent, rim_params={"convcrit": MET})
    return ", no weights", lambda: weightipy.weight_dataframe(plain, scheme)["weights"]


def leafblower_call(frame, plain, shares, _):
    import leafblower

    targets = {m: {str(k): p for k, p in each.items()} for m, each in shares.items()}
    texts, start = plain.astype(str), frame["weight"].to_numpy()
    options = {"method": "raking", "max_weight": 1e9, "max_iterations": 10_000, "attach_weights": False}
    options["convergence"] = {"absolute": MET}
    return ", columns of text", lambda: leafblower.harvest(texts, targets, start_weights=start, **options)[
        "weights"
    ]


def fitting_peers(study):
    """Return peers that fit the model of answering, by name, and the names of those that are not here."""
    found, missing = [], []
    frame = study.frame.assign(answered=study.answered.astype(int))
    for name, way, words in (
        ("scikit-learn", sklearn_call, ", newton-cholesky, matrix prepared"),
        ("statsmodels", statsmodels_call, ", formula logit"),
    ):
        if package(name):
            made = way(study, frame)
            found.append((package(name) + words, lambda call=made: (call(), None)))
        else:
            missing.append(name)
    in_r(found, missing, "R", "glm", frame)
    return found, missing


def sklearn_call(study, _):
    from sklearn.linear_model import LogisticRegression

    x = study.matrix()
    model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-8)
    return lambda: model.fit(x, study.answered).predict_proba(x)[:, 1]


def statsmodels_call(study, frame):
    import statsmodels.formula.api as smf

    formula = f"answered ~ {' + '.join(study.names)}"
    return lambda: smf.logit(formula, frame).fit(disp=0).predict()
