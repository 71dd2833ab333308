# Two waves of a made-up panel under a design: proportions of pairs, of those who gave the first answer, and
# net changes. All rows of the first wave are the sample; the pairs with both answers are a domain of it.
# Rscript tests/golden/r/transitions.R > tests/golden/transitions.json
suppressMessages(library(survey))
n <- 1:150
people <- data.frame(
  id = n,
  stratum = rep(0:4, times = c(24, 36, 18, 42, 30)),
  weight = 1 + (7 * n) %% 11 / 4,
  first = c("none", "part", "full")[1 + (3 * n^2 + n) %% 7 %% 3],
  second = c("none", "part", "full")[1 + (5 * n^2 + 2 * n) %% 11 %% 3],
  site = letters[1 + (n * n + n %/% 7) %% 3]
)
people$second <- ifelse(n %% 3 == 0, people$first, people$second)
people$psu <- people$stratum * 100 + n %/% 6
people$rows <- c(60, 80, 18, 120, 90)[people$stratum + 1]  # the third stratum was drawn in full
people$second[n %% 13 == 0] <- NA   # in the second wave without an answer
people$first[n %% 17 == 0] <- NA
people$linked <- n %% 5 != 2        # in the second wave at all
people$both <- people$linked & !is.na(people$first) & !is.na(people$second)

designs <- list(
  clusters = svydesign(id = ~psu, strata = ~stratum, weights = ~weight, data = people),
  rows = svydesign(id = ~1, strata = ~stratum, weights = ~weight, fpc = ~rows, data = people),
  weights = svydesign(id = ~1, weights = ~weight, data = people)
)
designs$jackknife <- as.svrepdesign(designs$clusters, type = "JKn", mse = TRUE)
levels <- c("full", "none", "part")
records <- list()
for (name in names(designs)) for (site in c("", "a")) {
  pairs <- subset(designs[[name]], both)
  if (site != "") pairs <- subset(designs[[name]], both & site == "a")
  add <- function(measure, one, two, made) {
    records <<- c(records, list(list(design = name, site = site, measure = measure, first = one, second = two,
      estimate = as.vector(coef(made)), std_error = as.vector(SE(made)), df = degf(pairs))))
  }
  for (a in levels) {
    for (b in levels) {
      pairs <- update(pairs, hit = as.numeric(first %in% a & second %in% b), base = as.numeric(first %in% a))
      add("share", a, b, svymean(~hit, pairs))
      of <- subset(pairs, base == 1)
      if (sum(weights(of, "sampling") > 0) > 1) add("share_of_first", a, b, svymean(~hit, of))
    }
    pairs <- update(pairs, before = as.numeric(first %in% a), after = as.numeric(second %in% a))
    add("first_wave", a, "", svymean(~before, pairs))
    add("second_wave", "", a, svymean(~after, pairs))
    add("net_change", a, a, svycontrast(svymean(~before + after, pairs), c(before = -1, after = 1)))
  }
  pairs <- update(pairs, moved = as.numeric(!(first == second)))
  add("changed", "", "", svymean(~moved, pairs))
}
cat(jsonlite::toJSON(digits = NA, auto_unbox = TRUE, list(
  source = paste(R.version.string, "survey", packageVersion("survey")),
  people = people, records = records
), dataframe = "columns"), "\n")
