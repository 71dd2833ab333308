# Values of R's survey (replicate weights) and boot (interval from given replicates), as JSON on standard output.
# Run: Rscript tests/golden/r/bootstrap.R. The data are made up, by formula, so that nothing has to be read.
suppressMessages({library(survey); library(boot)})
options(digits = 17)
number <- function(x) paste0("[", paste(formatC(as.vector(x), digits = 17, format = "g", width = 1), collapse = ", "), "]")

n <- 12; r <- 8
y <- c(1, 0, 0, 1, 1, 0, 1, 0, 1, 0, 0, 1)
answered <- c(1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1)
w <- 10 + (seq_len(n) * 7) %% 5
rep_w <- outer(seq_len(n), seq_len(r), function(i, j) w[i] * (0.5 + ((i * 3 + j * j * 5) %% 7) / 6))
data <- data.frame(y = ifelse(answered == 1, y, NA), w = w)
rscales <- (1 + seq_len(r) %% 3) / 4

variance <- function(type, ...) {
  design <- suppressWarnings(svrepdesign(data = data, weights = ~w, repweights = rep_w, type = type,
                                         combined.weights = TRUE, mse = TRUE, ...))
  as.numeric(vcov(svymean(~y, design, na.rm = TRUE)))
}
base <- svrepdesign(data = data, weights = ~w, repweights = rep_w, type = "BRR", combined.weights = TRUE, mse = TRUE)
survey_values <- c(
  brr = variance("BRR"), fay = variance("Fay", rho = 0.3), jk1 = variance("JK1", scale = (r - 1) / r),
  jkn = variance("JKn", scale = 1, rscales = rscales),
  bootstrap_survey = variance("bootstrap"), bootstrap = variance("bootstrap", scale = 1 / r),
  sdr = variance("ACS"))

# boot.ci on given replicates with given variances: 199 of them, level 0.9
u <- ((seq_len(199) * 73) %% 199 + 0.5) / 199
t <- 0.3 + 0.08 * qnorm(u) + 0.02 * qnorm(u)^2
v <- (0.05 + 0.1 * t)^2
out <- list(t0 = c(0.31, 0.0064), t = cbind(t, v), R = 199, sim = "ordinary", call = quote(boot()), stype = "i",
            data = 1:20, strata = rep(1, 20), weights = rep(1 / 20, 20), statistic = function(d, i) NA)
class(out) <- "boot"
stud <- boot.ci(out, conf = 0.9, type = "stud")$student[4:5]
basic <- boot.ci(out, conf = 0.9, type = "basic")$basic[4:5]
perc <- boot.ci(out, conf = 0.87, type = "perc")$percent[4:5]

cat("{\n")
cat(sprintf('"versions": "R %s, survey %s, boot %s",\n', getRversion(), packageVersion("survey"), packageVersion("boot")))
cat(sprintf('"y": %s,\n"answered": %s,\n"w": %s,\n"rep_w": %s,\n"rscales": %s,\n', number(y), number(answered),
            number(w), number(rep_w), number(rscales)))
cat(sprintf('"estimate": %.17g,\n', as.numeric(coef(svymean(~y, base, na.rm = TRUE)))))
cat(paste(sprintf('"%s": %.17g', names(survey_values), survey_values), collapse = ",\n"), ",\n", sep = "")
cat(sprintf('"t": %s,\n"v": %s,\n"stud": %s,\n"basic": %s,\n"perc_87": %s\n}\n', number(t), number(v), number(stud),
            number(basic), number(perc)))
