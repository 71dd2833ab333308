# Reference values for the numbers of nonresponse: Rao and Scott's test of R's survey 4.1-1 (R 4.2), and R-indicators
# with the formulas of RISQ 2.1 (de Heij, Schouten & Shlomo 2015) on R's glm. Run: Rscript tests/golden/r/response.R > tests/golden/response.json
suppressMessages({library(survey)})
json <- function(x) {
  if (is.list(x)) {
    if (is.null(names(x))) return(paste0("[", paste(sapply(x, json), collapse = ", "), "]"))
    return(paste0("{", paste(sprintf("\"%s\": %s", names(x), sapply(x, json)), collapse = ", "), "}"))
  }
  if (is.character(x)) x <- sprintf("\"%s\"", x) else x <- formatC(x, digits = 17, width = -1)
  if (length(x) == 1) x else paste0("[", paste(x, collapse = ", "), "]")
}
# A file without chance: 360 people in 4 strata of 6 clusters of 15.
i <- 0:359
d <- data.frame(
  stratum = i %/% 90, cluster = i %/% 15, w = 1 + (i %% 7) / 2 + (i %/% 90),
  a = (i * 13 + (i %/% 15) * 5) %% 4, c = (i %/% 5) %% 3
)
d$b <- as.integer((i * 37 + (i %/% 15) * 11) %% 100 < 20 + 11 * d$a + 9 * d$c)
d$size <- c(40, 60, 80, 24)[d$stratum + 1]
designs <- list(
  weights = svydesign(id = ~1, weights = ~w, data = d),
  strata = svydesign(id = ~1, strata = ~stratum, weights = ~w, data = d),
  clusters = svydesign(id = ~cluster, strata = ~stratum, weights = ~w, data = d),
  finite = svydesign(id = ~cluster, strata = ~stratum, weights = ~w, fpc = ~size, data = d)
)
test <- function(design) {
  made <- svychisq(~a + b, design, statistic = "F")
  list(statistic = unname(made$statistic), df = unname(made$parameter[1]), df2 = unname(made$parameter[2]), p_value = unname(made$p.value))
}
among <- lapply(designs, function(design) test(subset(design, i %% 3 != 0)))
# R-indicators of b on a and a second variable, with the weights of one for everybody.
risq <- function(model) {
  x <- model.matrix(model); rho <- fitted(model); n <- length(rho); mean <- mean(rho)
  s2 <- sum((rho - mean)^2) / (n - 1); sigma <- vcov(model)
  z <- rho * (1 - rho) * x
  bias <- sum(rowSums((z %*% sigma) * z)) / n
  adjusted <- max(s2 - bias, 0)
  zc <- sweep(z, 2, colMeans(z)); a <- colSums((rho - mean) * zc) / n; b <- crossprod(zc) / n
  v <- 4 * t(a) %*% sigma %*% a + 2 * sum(diag(b %*% sigma %*% b %*% sigma))
  list(mean = mean, spread = sqrt(s2), bias = bias, r = 1 - 2 * sqrt(s2), r_adjusted = 1 - 2 * sqrt(adjusted),
       std_error = sqrt(c(v) / (s2 * (n - 1) / n)), cv_adjusted = sqrt(adjusted) / mean)
}
model <- glm(b ~ factor(a) + factor(c), binomial, d, control = glm.control(epsilon = 1e-14, maxit = 100))
rho <- fitted(model); mean <- mean(rho)
unconditional <- function(v) { m <- tapply(rho, v, mean); sqrt(c(table(v)) / length(rho)) * (m - mean) }
conditional <- function(v, other) { e <- (rho - ave(rho, other))^2; sqrt(tapply(e, v, sum) / length(rho)) }
cat(json(list(
  source = paste("R", getRversion(), "survey", packageVersion("survey")),
  a = d$a, b = d$b, c = d$c, w = d$w, stratum = d$stratum, cluster = d$cluster, size = d$size,
  rao_scott = lapply(designs, test), rao_scott_among = among, risq = risq(model),
  partials = list(a = list(unconditional = unname(c(unconditional(d$a))), conditional = unname(c(conditional(d$a, d$c)))),
                  c = list(unconditional = unname(c(unconditional(d$c))), conditional = unname(c(conditional(d$c, d$a)))))
)), "\n")
