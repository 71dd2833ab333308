# Each group's share against that of all others and that of everybody, with the covariance of the overlap.
# Rscript tests/golden/r/rest_overall.R > tests/golden/rest_overall.json
# The rows are those of group_contrasts.json. Totals of yes and of people, in the group, in the others and in all,
# come from one svytotal(), so that svycontrast() has their covariances.
suppressMessages(library(survey))
data(api)

contrasts <- function(design, variable, by) {
  known <- !is.na(design$variables[[by]]) & !is.na(design$variables[[variable]])
  lapply(sort(unique(as.character(design$variables[[by]]))), function(group) {
    here <- known & as.character(design$variables[[by]]) == group
    yes <- ifelse(known, design$variables[[variable]], 0)
    d <- update(design, yg = yes * here, ng = as.numeric(here), yr = yes * (known & !here),
                nr = as.numeric(known & !here), y = yes * known, n = as.numeric(known))
    totals <- svytotal(~yg + ng + yr + nr + y + n, d)
    of <- function(p, q) {
      texts <- c(difference = "%p - %q", ratio = "(%p) / (%q)", odds_ratio = "(%p) * (1 - %q) / ((%q) * (1 - %p))")
      lapply(texts, function(text) {
        text <- gsub("%q", q, gsub("%p", p, text, fixed = TRUE), fixed = TRUE)
        made <- svycontrast(totals, list(x = parse(text = text)[[1]]))
        list(estimate = unname(coef(made)), se = as.vector(SE(made)))
      })
    }
    list(group = group, rest = of("yg / ng", "yr / nr"), overall = of("yg / ng", "y / n"))
  })
}

yes_no <- function(data) {
  data$schwide <- as.numeric(data$sch.wide == "Yes")
  data$award <- as.numeric(data$awards == "Yes")
  data
}
designs <- list(
  apistrat = svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = yes_no(apistrat)),
  apiclus1 = svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = yes_no(apiclus1)),
  apiclus2 = svydesign(id = ~dnum + snum, weights = ~pw, fpc = ~fpc1 + fpc2, data = yes_no(apiclus2))
)
records <- list()
for (name in names(designs)) for (by in c("stype", "comp.imp")) for (variable in c("schwide", "award"))
  records <- c(records, list(list(design = name, variable = variable, by = by,
                                  groups = contrasts(designs[[name]], variable, by))))
cat(jsonlite::toJSON(digits = NA, auto_unbox = TRUE, list(
  source = paste(R.version.string, "survey", packageVersion("survey")), records = records
)), "\n")
