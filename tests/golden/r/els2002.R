# Plans for a four-year college in ELS:2002, by design: shares, standard errors and intervals.
# Rscript tests/golden/r/els2002.R els2002_plans.csv.gz > tests/golden/els2002.json
suppressMessages(library(survey))
els <- read.csv(commandArgs(trailingOnly = TRUE)[1])
els$four <- as.numeric(els$f1psepln == 5)
design <- svydesign(id = ~psu, strata = ~strat_id, weights = ~f1pnlwt, nest = TRUE, data = els)
replicates <- as.svrepdesign(design, type = "JKn", mse = TRUE)
answered <- els$f1pnlwt > 0 & !is.na(els$four)

one <- function(name, rows) {
  part <- subset(design, rows)
  limits <- sapply(c("logit", "xlogit", "asin", "beta", "mean"), function(method)
    as.vector(attr(svyciprop(~four, part, method = method), "ci")), simplify = FALSE)
  mean <- svymean(~four, part)
  list(domain = name, n = sum(rows), kish = sum(els$f1pnlwt[rows])^2 / sum(els$f1pnlwt[rows]^2),
       share = unname(coef(mean)), se = as.vector(SE(mean)), df = degf(part),
       jackknife_se = as.vector(SE(svymean(~four, subset(replicates, rows)))), limits = limits)
}

cat(jsonlite::toJSON(digits = NA, auto_unbox = TRUE, pretty = TRUE, list(
  source = paste(R.version.string, "survey", packageVersion("survey")),
  design = "svydesign(id = ~psu, strata = ~strat_id, weights = ~f1pnlwt, nest = TRUE), subset to answerers",
  domains = list(
    one("all", answered),
    one("male", answered & els$bysex %in% 1),
    one("female", answered & els$bysex %in% 2)
  )
)), "\n")
