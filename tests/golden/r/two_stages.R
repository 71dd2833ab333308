# Two stages of finite populations: the api data as in survey's own examples, and a made-up stratified design.
# Rscript tests/golden/r/two_stages.R > tests/golden/two_stages.json
suppressMessages(library(survey))
data(api)

of <- function(design, name, variable, by = NULL, ...) {
  formula <- as.formula(paste0("~", variable))
  if (is.null(by)) {
    mean <- svymean(formula, design)
    return(list(list(design = name, variable = variable, by = "", group = "", share = unname(coef(mean)),
                     se = as.vector(SE(mean)), df = degf(design), ...)))
  }
  table <- svyby(formula, as.formula(paste0("~", by)), design, svymean)
  lapply(seq_len(nrow(table)), function(i) {
    group <- as.character(table[i, by])
    # degf() of a subset: units and strata with anybody of the group.
    list(design = name, variable = variable, by = by, group = group, share = table[i, variable],
         se = table[i, "se"], df = degf(subset(design, design$variables[[by]] == group)), ...)
  })
}

# ---- apiclus2: 40 of 757 districts, schools within them; pw are the weights, equal those of the fpc's
apiclus2$schwide <- as.numeric(apiclus2$sch.wide == "Yes")
apiclus2$award <- as.numeric(apiclus2$awards == "Yes")
apiclus2$high <- as.numeric(apiclus2$api00 > 650)
designs <- list(
  both = svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = apiclus2),
  weighted = svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, weights = ~pw, data = apiclus2),
  # Weights that have nothing to do with the fractions.
  uneven = svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, weights = ~api99, data = apiclus2),
  # Ultimate clusters: R has either all stages' sizes or the first stage alone.
  first = svydesign(id = ~dnum, fpc = ~fpc1, weights = ~pw, data = apiclus2)
)
records <- list()
for (name in names(designs)) for (variable in c("schwide", "award", "high"))
  records <- c(records, of(designs[[name]], name, variable), of(designs[[name]], name, variable, "stype"))

# ---- three strata, two to four districts in each, one to four schools of one to four people
people <- list()
for (h in 1:3) for (i in 1:(h + 1)) for (j in 1:(1 + (h + 2 * i) %% 4)) for (k in 1:(1 + (h * i + j) %% 4))
  people <- c(people, list(data.frame(h = h, i = i, j = j, k = k)))
people <- do.call(rbind, people)
n <- seq_len(nrow(people))
people$weight <- 1 + (7 * n) %% 11 / 4
people$yes <- as.numeric((3 * n^2 + n) %% 7 < 3)
people$domain <- ifelse(n %% 3 == 0, "b", "a")
people$n1 <- c(9, 3, 6)[people$h]
drawn <- ave(people$j, people$h, people$i, FUN = function(x) length(unique(x)))
people$n2 <- drawn + (people$h + people$i) %% 3  # some districts in full
people$nested <- people$h * 10 + people$i
people$school <- people$nested * 10 + people$j
lonely <- list()
for (rule in c("certainty", "adjust")) {
  options(survey.lonely.psu = rule)
  design <- svydesign(id = ~nested + school, strata = ~h, fpc = ~n1 + n2, weights = ~weight, data = people)
  lonely <- c(lonely, of(design, "stratified", "yes", lonely_psu = rule),
              of(design, "stratified", "yes", "domain", lonely_psu = rule))
}
cat(jsonlite::toJSON(digits = NA, auto_unbox = TRUE, list(
  source = paste(R.version.string, "survey", packageVersion("survey")),
  apiclus2 = apiclus2[c("dnum", "snum", "stype", "fpc1", "fpc2", "pw", "api99", "schwide", "award", "high")],
  records = records, people = people[c("h", "i", "j", "k", "domain", "weight", "yes", "n1", "n2")],
  stratified = lonely
), dataframe = "columns"), "\n")
