# Strata with one PSU, finite populations and the jackknife, on a small made-up design.
# Rscript tests/golden/r/design.R > tests/golden/design_r.json
suppressMessages(library(survey))
sizes <- c(3, 2, 1, 4, 1)
people <- do.call(rbind, lapply(seq_along(sizes), function(h)
  expand.grid(person = 1:5, psu = seq_len(sizes[h]), stratum = h)))
k <- seq_len(nrow(people))
people$weight <- 1 + (7 * k) %% 11 / 4
people$yes <- as.numeric((3 * k^2 + k) %% 7 < 3)
# Nobody of domain b in the last stratum, nor in the last PSU of the fourth.
people$domain <- ifelse(k %% 3 == 0 & people$stratum < 5 & !(people$stratum == 4 & people$psu == 4), "b", "a")
people$population <- c(20, 8, 6, 10, 4)[people$stratum]

domains <- list(all = c("a", "b"), a = "a", b = "b")
records <- list()
for (rule in c("fail", "certainty", "adjust", "average")) for (finite in c(FALSE, TRUE)) {
  options(survey.lonely.psu = rule)
  data <- if (rule == "fail") people[people$stratum %in% c(1, 2, 4), ] else people
  fpc <- if (finite) ~population else NULL
  design <- svydesign(id = ~psu, strata = ~stratum, weights = ~weight, fpc = fpc, nest = TRUE, data = data)
  for (name in names(domains)) {
    part <- subset(design, domain %in% domains[[name]])
    mean <- svymean(~yes, part)
    record <- list(lonely_psu = rule, finite = finite, domain = name, share = unname(coef(mean)),
                   variance = as.vector(vcov(mean)), df = degf(part))
    if (!(rule == "adjust" && finite)) {
      replicates <- as.svrepdesign(design, type = "JKn", mse = TRUE)
      part <- subset(replicates, domain %in% domains[[name]])
      record$jackknife <- as.vector(vcov(svymean(~yes, part)))
    }
    records <- c(records, list(record))
  }
}
cat(jsonlite::toJSON(digits = NA, auto_unbox = TRUE, list(
  source = paste(R.version.string, "survey", packageVersion("survey")),
  people = people[c("stratum", "psu", "domain", "weight", "yes", "population")],
  records = records
), dataframe = "columns"), "\n")
