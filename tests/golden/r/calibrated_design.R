# Standard errors of calibrated weights under a design, in R 4.2.2 with survey 4.1-1.
# Rscript tests/golden/r/calibrated_design.R > tests/golden/calibrated_design.json
suppressMessages(library(survey))

i <- 0:239
school <- i %/% 10
data <- data.frame(
  school = school,
  region = ifelse(school %% 2 == 0, "n", "s"),
  age = ifelse((i * i + school) %% 5 < 2, "old", "young"),
  w = 1 + (i %% 7) / 7,
  size = ifelse(school %% 2 == 0, 16, 40)
)
data$job <- as.integer((i * 3 + school * school) %% 11 < ifelse(data$age == "old", 7, 3))
data$g <- ifelse(i %% 3 == 0, "p", "q")

se <- function(...) {
  design <- svydesign(id = ~school, strata = ~region, weights = ~w, data = data, nest = TRUE, ...)
  made <- calibrate(design, ~ age + region, c("(Intercept)" = 480, ageyoung = 230, regions = 240))
  all <- svymean(~job, made)
  part <- svyratio(~ I(job * (g == "p")), ~ I(as.numeric(g == "p")), made)
  sprintf(
    '{"mean": %.15g, "se": %.15g, "mean_p": %.15g, "se_p": %.15g}',
    coef(all), SE(all), coef(part), SE(part)
  )
}
cat(sprintf(
  '{"source": "R %s, survey %s", "clusters": %s, "clusters of a finite population": %s}\n',
  paste(R.version$major, R.version$minor, sep = "."), packageVersion("survey"), se(), se(fpc = ~size)
))
