# Differences, ratios and odds ratios of two groups' shares under a design, with the covariance of the groups.
# Rscript tests/golden/r/group_contrasts.R els2002_plans.csv.gz > tests/golden/group_contrasts.json
# svyttest(y ~ g) has degf(design) - 1 degrees of freedom in this version; svycontrast() has none of its own.
suppressMessages(library(survey))
data(api)

table_of <- function(design, variable, by) {
  formula <- as.formula(paste0("~", variable))
  design <- subset(design, !is.na(design$variables[[by]]) & !is.na(design$variables[[variable]]))
  both <- svyby(formula, as.formula(paste0("~", by)), design, svymean, covmat = TRUE)
  groups <- as.character(both[[by]])
  list(
    groups = groups, share = unname(coef(both)), covariance = unname(vcov(both)), df = degf(design),
    # Of each group: units and strata with anybody of it.
    df_of = sapply(groups, function(g) degf(subset(design, as.character(design$variables[[by]]) == g)),
                   USE.NAMES = FALSE),
    pairs = apply(combn(length(groups), 2), 2, function(k) pair(design, variable, by, both, groups[k]),
                  simplify = FALSE)
  )
}

pair <- function(design, variable, by, both, groups) {
  names(groups) <- c("a", "b")
  of <- function(text) {
    for (side in c("a", "b")) text <- gsub(paste0("@", side), paste0("`", groups[[side]], "`"), text)
    made <- svycontrast(both, list(x = parse(text = text)[[1]]))
    list(estimate = unname(coef(made)), se = as.vector(SE(made)))
  }
  inside <- coef(both)[groups]
  made <- list(groups = unname(groups), difference = of("@a - @b"))
  if (all(inside > 0)) {
    made$ratio <- of("@a / @b")
    made$log_ratio <- of("log(@a / @b)")
  }
  if (all(inside > 0 & inside < 1)) {
    made$odds_ratio <- of("@a * (1 - @b) / (@b * (1 - @a))")
    made$log_odds_ratio <- of("log(@a * (1 - @b) / (@b * (1 - @a)))")
  }
  only <- subset(design, as.character(design$variables[[by]]) %in% groups)
  only$variables$first <- as.numeric(as.character(only$variables[[by]]) == groups[["a"]])
  formula <- as.formula(paste(variable, "~ first"))
  # Units with anybody of either group, minus their strata.
  made$union_df <- degf(only)
  if (min(inside) == max(inside) && all(inside %in% 0:1)) return(made)
  test <- svyttest(formula, only)
  made$svyttest <- list(t = unname(test$statistic), df = unname(test$parameter), p = as.vector(test$p.value),
                        low = test$conf.int[1], high = test$conf.int[2])
  made$svychisq <- lapply(c(F = "F", Chisq = "Chisq"), function(kind) {
    chi <- svychisq(as.formula(paste0("~", variable, " + first")), only, statistic = kind)
    list(statistic = unname(chi$statistic), parameter = unname(chi$parameter), p = as.vector(chi$p.value))
  })
  made
}

yes_no <- function(data) {
  data$schwide <- as.numeric(data$sch.wide == "Yes")
  data$award <- as.numeric(data$awards == "Yes")
  data$year_round <- as.numeric(data$yr.rnd == "Yes")
  data$stype <- as.character(data$stype)
  data$comp.imp <- as.character(data$comp.imp)
  data
}
columns <- c("stype", "comp.imp", "pw", "schwide", "award", "year_round")
strat <- yes_no(apistrat)
clus1 <- yes_no(apiclus1)
clus2 <- yes_no(apiclus2)
api_designs <- list(
  apistrat = svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = strat),
  apiclus1 = svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = clus1),
  apiclus2 = svydesign(id = ~dnum + snum, weights = ~pw, fpc = ~fpc1 + fpc2, data = clus2)
)
records <- list()
for (name in names(api_designs)) for (by in c("stype", "comp.imp")) for (variable in c("schwide", "award", "year_round"))
  records <- c(records, list(c(list(design = name, variable = variable, by = by),
                               table_of(api_designs[[name]], variable, by))))

els <- read.csv(commandArgs(trailingOnly = TRUE)[1])
els$four <- as.numeric(els$f1psepln == 5)
els$sex <- c("male", "female")[els$bysex]
els$parents <- ifelse(els$bypared >= 6, "degree", "none")
design <- svydesign(id = ~psu, strata = ~strat_id, weights = ~f1pnlwt, nest = TRUE, data = els)
answered <- subset(design, f1pnlwt > 0 & !is.na(four))
for (by in c("sex", "parents"))
  records <- c(records, list(c(list(design = "els2002", variable = "four", by = by),
                               table_of(answered, "four", by))))

cat(jsonlite::toJSON(digits = NA, auto_unbox = TRUE, list(
  source = paste(R.version.string, "survey", packageVersion("survey")),
  els2002 = "svydesign(id = ~psu, strata = ~strat_id, weights = ~f1pnlwt, nest = TRUE), subset to answerers",
  api = list(apistrat = strat[c(columns, "fpc")], apiclus1 = clus1[c("dnum", columns, "fpc")],
             apiclus2 = clus2[c("dnum", "snum", columns, "fpc1", "fpc2")]),
  records = records
), dataframe = "columns"), "\n")
