# Covariances of the shares of groups and of items under a design: the api data, two stages, and a made-up
# stratified design, with clusters and without.
# Rscript tests/golden/r/covariances.R > tests/golden/covariances.json
suppressMessages(library(survey))
data(api)

n <- 1:90
people <- data.frame(
  stratum = rep(0:4, times = c(12, 18, 6, 30, 24)),
  weight = 1 + (7 * n) %% 11 / 4,
  a = as.numeric((3 * n^2 + n) %% 7 < 3),
  b = as.numeric((5 * n^2 + 2 * n) %% 11 < 5),
  group = letters[1 + (n * n + n %/% 7) %% 3]
)
people$psu <- people$stratum * 100 + n %/% 6
people$size <- c(30, 40, 9, 60, 24)[people$stratum + 1]  # the last stratum was drawn in full
people$psus <- c(10, 12, 3, 8, 9)[people$stratum + 1]

apiclus2$a <- as.numeric(apiclus2$sch.wide == "Yes")
apiclus2$b <- as.numeric(apiclus2$awards == "Yes")
apiclus2$group <- as.character(apiclus2$stype)
designs <- list(
  clusters = svydesign(id = ~psu, strata = ~stratum, weights = ~weight, data = people),
  clusters_fpc = svydesign(id = ~psu, strata = ~stratum, weights = ~weight, fpc = ~psus, data = people),
  rows = svydesign(id = ~1, strata = ~stratum, weights = ~weight, data = people),
  rows_fpc = svydesign(id = ~1, strata = ~stratum, weights = ~weight, fpc = ~size, data = people),
  two_stages = svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, weights = ~pw, data = apiclus2)
)
of <- function(name) {
  design <- designs[[name]]
  groups <- svyby(~a, ~group, design, svymean, covmat = TRUE)
  items <- svymean(~a + b, design)
  # Both items of each group: the order is a of all groups, then b.
  both <- svyby(~a + b, ~group, design, svymean, covmat = TRUE)
  contrast <- svycontrast(groups, c(1, -1, 0))
  list(design = name, groups = groups$group, shares = unname(coef(groups)), covariance = unname(vcov(groups)),
       items = unname(vcov(items)), both_names = names(coef(both)), both = unname(vcov(both)),
       difference = as.vector(coef(contrast)), difference_se = as.vector(SE(contrast)))
}
options(survey.lonely.psu = "adjust")
cat(jsonlite::toJSON(digits = NA, auto_unbox = TRUE, list(
  source = paste(R.version.string, "survey", packageVersion("survey")),
  people = people,
  apiclus2 = lapply(apiclus2[c("dnum", "snum", "fpc1", "fpc2", "pw", "a", "b", "group")], as.vector),
  records = lapply(names(designs), of)
), dataframe = "columns"), "\n")
