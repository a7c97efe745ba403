# Golden figures for paired proportions, agreement, calibration and the bootstrap.
# Run from the repository root:  Rscript tests/data/golden/reader_statistics.R > tests/data/golden/reader_statistics.csv
# Debian 12, R 4.2.2, psych 2.2.9, boot 1.3-28.1; made on 2026-11-23.
# psych's variance of weighted kappa is known to be wrong and is not used; its kappas and the variance of the
# unweighted kappa are.
suppressMessages({library(psych); library(boot)})
say <- function(name, value) cat(sprintf("%s,%.15g\n", name, value))
cat("name,value\n")
say("R", as.numeric(R.version$major) + as.numeric(R.version$minor) / 100)

limits <- binom.test(34, 38)$conf.int
say("clopper_pearson_34_38_low", limits[1]); say("clopper_pearson_34_38_high", limits[2])
limits <- binom.test(7, 9, conf.level = 0.9)$conf.int
say("clopper_pearson_7_9_90_low", limits[1]); say("clopper_pearson_7_9_90_high", limits[2])
limits <- prop.test(81, 263, correct = FALSE)$conf.int
say("wilson_81_263_low", limits[1]); say("wilson_81_263_high", limits[2])
limits <- prop.test(34, 38, correct = FALSE)$conf.int
say("wilson_34_38_low", limits[1]); say("wilson_34_38_high", limits[2])

paired <- matrix(c(794, 150, 86, 570), 2)
plain <- mcnemar.test(paired, correct = FALSE); corrected <- mcnemar.test(paired)
say("mcnemar_86_150_chi2", plain$statistic); say("mcnemar_86_150_p", plain$p.value)
say("mcnemar_86_150_chi2_corrected", corrected$statistic); say("mcnemar_86_150_p_corrected", corrected$p.value)
say("mcnemar_86_150_p_exact", binom.test(86, 236)$p.value)
say("mcnemar_1_7_p_exact", binom.test(1, 8)$p.value)

vision <- xtabs(Freq ~ r.eye + l.eye, read.csv("data/golden/vision_stuart1955_table.csv"))
class(vision) <- "matrix"
attr(vision, "call") <- NULL
symmetric <- mcnemar.test(matrix(vision, 4))
say("bowker_vision", symmetric$statistic); say("bowker_vision_p", symmetric$p.value)
p <- matrix(vision, 4) / sum(vision)
agree <- function(power) 1 - abs(outer(1:4, 1:4, "-"))^power / 3^power
plain <- cohen.kappa(matrix(vision, 4))
say("vision_kappa", plain$kappa); say("vision_kappa_variance", plain$var.kappa)
say("vision_quadratic", plain$weighted.kappa)
say("vision_linear", cohen.kappa(matrix(vision, 4), w = agree(1))$weighted.kappa)

# Stuart-Maxwell and Bhapkar from their matrices: d' V^-1 d without the last grade.
counts <- matrix(vision, 4)
d <- (rowSums(counts) - colSums(counts))[-4]
V <- (diag(rowSums(counts) + colSums(counts)) - counts - t(counts))[-4, -4]
say("stuart_maxwell_vision", d %*% solve(V) %*% d)
say("bhapkar_vision", d %*% solve(V - d %*% t(d) / sum(counts)) %*% d)

# The table of Fleiss, Cohen and Everitt 1969.
everitt <- matrix(c(106, 22, 2, 10, 28, 12, 4, 10, 6), 3)
weights <- matrix(c(1, 0, 0.4444, 0, 1, 0.6667, 0.4444, 0.6667, 1), 3)
kappas <- cohen.kappa(everitt, w = weights)
say("everitt_kappa", kappas$kappa); say("everitt_kappa_se", sqrt(kappas$var.kappa))
say("everitt_weighted", kappas$weighted.kappa)

# Fleiss 1971 by its formulas, with the variance of Fleiss, Nee and Landis 1979.
diagnoses <- as.matrix(read.csv("data/golden/fleiss1971_diagnoses.csv")[, -1])
counts <- t(apply(diagnoses, 1, tabulate, nbins = 5))
n <- nrow(counts); m <- ncol(diagnoses)
share <- colSums(counts) / (n * m)
observed <- mean((rowSums(counts^2) - m) / (m * (m - 1))); expected <- sum(share^2)
pq <- share * (1 - share)
null <- 2 * (sum(pq)^2 - sum(pq * (1 - 2 * share))) / (sum(pq)^2 * n * m * (m - 1))
kappa <- (observed - expected) / (1 - expected)
say("fleiss1971_kappa", kappa); say("fleiss1971_z", kappa / sqrt(null))
light <- mean(combn(m, 2, function(i) cohen.kappa(diagnoses[, i])$kappa))
say("fleiss1971_light", light)
jackknife <- sapply(seq_len(n), function(i) {
  counts <- counts[-i, ]
  share <- colSums(counts) / sum(counts)
  1 - (1 - mean((rowSums(counts^2) - m) / (m * (m - 1)))) / (1 - sum(share^2))
})
say("fleiss1971_jackknife_se", sqrt((n - 1) / n * sum((jackknife - mean(jackknife))^2)))

asah <- read.csv("data/golden/asah.csv")
y <- as.numeric(asah$outcome == "Poor")
x <- -1.5 + 4 * asah$s100b                     # logit of a fixed prediction
# Fitted twice, the second time from the first's solution: glm takes standard errors from the last but one step.
refit <- function(formula) {
  first <- glm(formula, family = binomial, control = list(epsilon = 1e-14))
  summary(glm(formula, family = binomial, start = coef(first)))$coefficients
}
joint <- refit(y ~ x)
large <- refit(y ~ 1 + offset(x))
say("calibration_slope", joint[2, 1]); say("calibration_slope_se", joint[2, 2])
say("calibration_joint_intercept", joint[1, 1]); say("calibration_joint_intercept_se", joint[1, 2])
say("calibration_intercept", large[1, 1]); say("calibration_intercept_se", large[1, 2])
say("brier", mean((plogis(x) - y)^2))

# One vector of replicates is enough to pin BCa: the same vector gives boot's limits and acceleration.
values <- asah$s100b
set.seed(1)
mean_boot <- boot(values, function(d, i) mean(d[i]), R = 20000)
pull <- empinf(mean_boot, type = "jack")
say("bca_acceleration_mean_s100b", sum(pull^3) / (6 * sum(pull^2)^1.5))
interval <- boot.ci(mean_boot, type = c("perc", "bca"), L = pull)
say("percentile_low", interval$percent[4]); say("percentile_high", interval$percent[5])
say("bca_low", interval$bca[4]); say("bca_high", interval$bca[5])

first <- asah$s100b[1:40]; second <- asah$s100b[41:80]
test <- t.test(log(first), log(second), paired = TRUE)
say("log_ratio_t", test$statistic); say("log_ratio_p", test$p.value)
say("log_ratio_low", test$conf.int[1]); say("log_ratio_high", test$conf.int[2])
