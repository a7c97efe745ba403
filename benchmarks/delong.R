# Seconds and result of pROC's paired DeLong test; called by benchmarks/delong.py with a file of doubles
# (truth, score a, score b one after another), the number of cases and the number of repeats.
suppressMessages(library(pROC))
arguments <- commandArgs(trailingOnly = TRUE)
n <- as.integer(arguments[2])
values <- readBin(arguments[1], "double", 3 * n)
truth <- values[1:n]
a <- values[(n + 1):(2 * n)]
b <- values[(2 * n + 1):(3 * n)]
compare <- function() {
  curve_a <- roc(truth, a, levels = c(0, 1), direction = "<", quiet = TRUE)
  curve_b <- roc(truth, b, levels = c(0, 1), direction = "<", quiet = TRUE)
  roc.test(curve_a, curve_b, method = "delong", paired = TRUE)
}
result <- compare()
seconds <- replicate(as.integer(arguments[3]), system.time(compare(), gcFirst = FALSE)[["elapsed"]])
cat(sprintf("%.17g %.17g %.17g", median(seconds), result$statistic, result$p.value))
