# Weights in a chain, contact and then cooperation, with base weights: plain glm, and survey for the estimates.
# Rscript tests/golden/r/chains.R > tests/golden/chains.json
suppressMessages(library(survey))
exact <- glm.control(epsilon = 1e-12)

# ---- people: three things known of everybody, one learned from whom was reached
n <- 1:900
people <- data.frame(
  id = n,
  region = c("north", "east", "south", "west")[1 + (n * n + 3 * n) %% 11 %% 4],
  age = c("young", "mid", "old")[1 + (5 * n) %% 13 %% 3],
  base = 0.5 + (7 * n) %% 17 / 4
)
scramble <- function(a, b) ((n * a) %% 1009 * b) %% 997 / 997
reached <- with(people, 0.45 + 0.1 * (region == "north") - 0.15 * (age == "young") + 0.02 * base)
people$contacted <- scramble(31, 7) < reached
people$phone <- ifelse(people$contacted, c("landline", "mobile")[1 + (scramble(53, 11) < 0.6)], NA)
agrees <- with(people, 0.5 + 0.2 * (age == "old") - 0.25 * (phone == "mobile") - 0.1 * (region == "west"))
people$cooperated <- people$contacted & scramble(17, 29) < agrees
says_yes <- with(people, 0.3 + 0.2 * (phone == "mobile") + 0.15 * (age == "young"))
people$yes <- ifelse(people$cooperated, as.numeric(scramble(71, 5) < says_yes), NA)

# ---- each step: 1/p, rescaled so that those who are left stand for those before
rescaled <- function(w, before) w * sum(before) / sum(w)
first <- glm(contacted ~ region + age, quasibinomial, people, weights = base, control = exact)
there <- people[people$contacted, ]
there$w1 <- rescaled(there$base / fitted(first)[people$contacted], people$base)
second <- glm(cooperated ~ region + age + phone, quasibinomial, there, weights = w1, control = exact)
final <- there[there$cooperated, ]
final$w2 <- rescaled(final$w1 / fitted(second)[there$cooperated], there$w1)

# ---- estimates, weights taken as known
design <- svydesign(id = ~1, weights = ~w2, data = final)
share <- svymean(~yes, design)
by_age <- svyby(~yes, ~age, design, svymean)

# ---- the same with weights that are estimated: both models and the share solve one set of equations
x1 <- model.matrix(first)
x2 <- matrix(0, nrow(people), length(coef(second)))
x2[people$contacted, ] <- model.matrix(second)
r1 <- as.numeric(people$contacted)
r2 <- as.numeric(people$cooperated)
y <- ifelse(people$cooperated, people$yes, 0)
p1 <- as.vector(plogis(x1 %*% coef(first)))
p2 <- as.vector(plogis(x2 %*% coef(second)))
w1 <- r1 * people$base / p1
w2 <- r2 * w1 / p2
influence_of <- function(domain) {
  p <- sum(domain * w2 * y) / sum(domain * w2)
  moved <- domain * w2 * (y - p)
  equations <- cbind(people$base * (r1 - p1) * x1, w1 * (r2 - p2) * x2, moved)
  k1 <- ncol(x1)
  k2 <- ncol(x2)
  at1 <- 1:k1
  at2 <- k1 + 1:k2
  last <- k1 + k2 + 1
  # Derivatives of the sums by the coefficients and the share: d(1/p)/db = -(1 - p)/p x.
  slopes <- matrix(0, last, last)
  slopes[at1, at1] <- -t(x1) %*% (people$base * p1 * (1 - p1) * x1)
  slopes[at2, at1] <- -t(x2) %*% (w1 * (1 - p1) * (r2 - p2) * x1)
  slopes[at2, at2] <- -t(x2) %*% (w1 * p2 * (1 - p2) * x2)
  slopes[last, at1] <- -colSums(moved * (1 - p1) * x1)
  slopes[last, at2] <- -colSums(moved * (1 - p2) * x2)
  slopes[last, last] <- -sum(domain * w2)
  -solve(slopes, t(equations))[last, ]
}
se <- function(domain) {
  z <- influence_of(domain)
  sqrt(length(z) / (length(z) - 1) * sum(z^2))
}

cat(jsonlite::toJSON(digits = NA, auto_unbox = TRUE, na = "null", dataframe = "columns", list(
  source = paste(R.version.string, "survey", packageVersion("survey")),
  people = people,
  first = there[c("id", "w1")],
  second = final[c("id", "w2")],
  share = unname(coef(share)),
  se_known = as.vector(SE(share)),
  se_estimated = se(rep(1, nrow(people))),
  by_age = data.frame(age = by_age$age, share = by_age$yes, se_known = by_age$se,
                      se_estimated = sapply(by_age$age, function(a) se(as.numeric(people$age == a))))
)), "\n")
