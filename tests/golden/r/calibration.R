# 5,000 made-up rows with weights, calibrated to totals: by R's rake, calibrate (linear, raking, logit) and postStratify.
# Rscript tests/golden/r/calibration.R > tests/golden/calibration.json
suppressMessages(library(survey))
n <- 1:5000
people <- data.frame(
  sex = c("f", "m")[1 + (n * n + n %/% 3) %% 7 %% 2],
  age = c("18-29", "30-44", "45-64", "65+")[1 + (3 * n + n %/% 11) %% 9 %% 4],
  region = letters[1 + (n %/% 4 + 5 * n * n) %% 13 %% 5],
  weight = 1 + (7 * n) %% 11 / 4,
  income = 20 + (37 * n) %% 101 + 10 * ((n * n) %% 7)
)
people$yes <- as.numeric((n %/% 2 + 3 * n) %% 10 < 3 + ((people$sex == "f") + (people$age == "65+")) * 2)
margins <- list(
  sex = c(f = 5300, m = 6100),
  age = c("18-29" = 2100, "30-44" = 3400, "45-64" = 3300, "65+" = 2600),
  region = c(a = 2900, b = 2500, c = 2200, d = 2000, e = 1800)
)
income <- 1020000
design <- svydesign(id = ~1, weights = ~weight, data = people)
frames <- lapply(names(margins), function(v) {
  made <- data.frame(names(margins[[v]]), Freq = unname(margins[[v]])); names(made)[1] <- v; made
})
levels <- c("(Intercept)" = sum(margins$sex), sexm = margins$sex[["m"]],
  setNames(margins$age[-1], paste0("age", names(margins$age)[-1])),
  setNames(margins$region[-1], paste0("region", names(margins$region)[-1])))
of <- ~ sex + age + region
control <- list(maxit = 1000, epsilon = 1e-13)
grake_to <- function(formula, totals, ...) calibrate(design, formula, totals, epsilon = 1e-13, maxit = 500, ...)
made <- list(
  rake = rake(design, list(~sex, ~age, ~region), frames, control = control),
  raking = grake_to(of, levels, calfun = "raking"),
  linear = grake_to(of, levels, calfun = "linear"),
  logit = grake_to(of, levels, calfun = "logit", bounds = c(0.4, 2.5)),
  linear_bounds = grake_to(of, levels, calfun = "linear", bounds = c(0.45, 1.6)),
  poststratified = postStratify(design, ~region, frames[[3]]),
  raking_income = grake_to(update(of, ~ . + income), c(levels, income = income), calfun = "raking"),
  linear_income = grake_to(update(of, ~ . + income), c(levels, income = income), calfun = "linear"),
  logit_income = grake_to(update(of, ~ . + income), c(levels, income = income), calfun = "logit", bounds = c(0.3, 3))
)
some <- seq(1, 5000, by = 97)
records <- lapply(names(made), function(name) {
  mean <- svymean(~yes, made[[name]])
  w <- weights(made[[name]])
  list(name = name, weights = w[some], sum = sum(w), squares = sum(w^2), low = min(w / people$weight),
    high = max(w / people$weight), estimate = as.vector(coef(mean)), std_error = as.vector(SE(mean)))
})
cat(jsonlite::toJSON(digits = NA, auto_unbox = TRUE, pretty = TRUE, list(
  source = paste(R.version.string, "survey", packageVersion("survey")), rows = some, records = records)), "\n")
