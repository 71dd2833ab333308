# Intervals of R's survey for finite populations, replicates on the logit scale, and negative replicate weights.
# Rscript tests/golden/r/svyciprop.R > tests/golden/svyciprop.json
suppressMessages(library(survey))
data(api)
# svyciprop of survey 4.5 has Wilson's interval too: that of the effective size, with t in place of z.
limits <- function(design, method) {
  if (method != "wilson") return(as.vector(confint(svyciprop(~yes, design, method = method))))
  mean <- svymean(~yes, design)
  p <- coef(mean)[[1]]
  n <- p * (1 - p) / as.vector(vcov(mean))
  t <- qt(0.975, degf(design))
  (p + t^2 / (2 * n) + c(-1, 1) * t * sqrt(p * (1 - p) / n + t^2 / (4 * n^2))) / (1 + t^2 / n)
}

# ---- finite populations: the sizes of the file, and sizes little above the sample ----
clus <- transform(apiclus1, yes = as.numeric(sch.wide == "Yes"))
high <- transform(apiclus1, yes = as.numeric(api00 > 650))
strat <- transform(apistrat, yes = as.numeric(awards == "Yes"))
srs <- transform(apisrs, yes = as.numeric(awards == "Yes"))
samples <- list(
  apiclus1 = list(data = clus, id = ~dnum, strata = NULL, sizes = list(757, 40, 20, 16)),
  high = list(data = high, id = ~dnum, strata = NULL, sizes = list(757, 20, 16, 15)),
  apistrat = list(data = strat, id = ~1, strata = ~stype,
                  sizes = list(c(E = 4421, H = 755, M = 1018), c(E = 130, H = 60, M = 500), c(E = 100, H = 55, M = 51))),
  apisrs = list(data = srs, id = ~1, strata = NULL, sizes = list(6194, 250, 203)))
methods <- c("logit", "asin", "beta", "mean", "wilson")
finite <- list()
for (name in names(samples)) for (size in samples[[name]]$sizes) {
  s <- samples[[name]]
  s$data$size <- if (is.null(s$strata)) size else size[as.character(s$data$stype)]
  make <- function(fpc) svydesign(id = s$id, strata = s$strata, weights = ~pw, data = s$data, fpc = fpc)
  for (domain in c("all", if (name != "apisrs") "E")) {
    part <- function(design) if (domain == "all") design else subset(design, stype == domain)
    corrected <- part(make(~size))
    finite <- c(finite, list(list(
      sample = name, size = as.list(size), domain = domain, n = nrow(corrected), df = degf(corrected),
      share = coef(svymean(~yes, corrected))[[1]], variance = as.vector(vcov(svymean(~yes, corrected))),
      without = as.vector(vcov(svymean(~yes, part(make(NULL))))),
      limits = sapply(methods, function(m) limits(corrected, m), simplify = FALSE))))
  }
}

# ---- JK1: survey's "logit" replicates the logit, its "xlogit" is the delta method ----
jk1 <- list()
for (size in list(NULL, 757)) {
  design <- svydesign(id = ~dnum, weights = ~pw, data = clus, fpc = if (!is.null(size)) ~fpc)
  replicates <- as.svrepdesign(design, type = "JK1", mse = TRUE)
  jk1 <- c(jk1, list(list(
    finite = !is.null(size), scale = replicates$scale * unique(replicates$rscales), df = degf(replicates),
    se = as.vector(SE(svymean(~yes, replicates))),
    limits = sapply(c("logit", "xlogit", "asin", "mean"), function(m) limits(replicates, m), simplify = FALSE))))
}

# ---- successive differences (80 replicates), with weights some of which are negative ----
n <- 40; r <- 80
i <- seq_len(n)
people <- data.frame(yes = as.numeric((3 * i^2 + i) %% 7 < 3), w = 1 + (7 * i) %% 11 / 4,
                     domain = ifelse(i %% 3 == 0, "b", "a"))
rep_w <- outer(i, seq_len(r), function(i, j) people$w[i] * (1 + 1.15 * sin(1.7 * i * j + 0.3 * j)))
sdr <- svrepdesign(data = people, weights = ~w, repweights = rep_w, type = "ACS", combined.weights = TRUE, mse = TRUE)
negative <- lapply(c("all", "a", "b"), function(d) {
  part <- if (d == "all") sdr else subset(sdr, domain == d)
  list(domain = d, share = coef(svymean(~yes, part))[[1]], se = as.vector(SE(svymean(~yes, part))))
})

cat(jsonlite::toJSON(digits = NA, auto_unbox = TRUE, list(
  source = paste(R.version.string, "survey", packageVersion("survey")),
  finite = finite, jk1 = jk1,
  negative = list(yes = people$yes, w = people$w, domain = people$domain, rep_w = rep_w, records = negative)
)), "\n")
