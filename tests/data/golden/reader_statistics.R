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

asah <- read.csv("tests/data/asah.csv")
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
