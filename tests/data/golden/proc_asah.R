# Golden values of ROC analysis from pROC, for tests/stats/test_{roc,delong,partial_auc,matched}.py.
# Run from the repository root:  Rscript tests/data/golden/proc_asah.R
# Writes tests/data/golden/proc_asah.csv with the versions and the date in its first line.
suppressMessages(library(pROC))

data <- read.csv("data/golden/asah.csv")
scores <- c("s100b", "ndka", "wfns")
curves <- lapply(scores, function(score) {
  roc(data$outcome, data[[score]], levels = c("Good", "Poor"), direction = "<", quiet = TRUE)
})
names(curves) <- scores

rows <- character()
put <- function(quantity, subject, value) {
  rows <<- c(rows, sprintf("%s,%s,%.17g", quantity, subject, value))
}

for (score in scores) {
  curve <- curves[[score]]
  interval <- ci.auc(curve, method = "delong")
  put("auc", score, as.numeric(auc(curve)))
  put("variance", score, var(curve, method = "delong"))
  put("low", score, interval[1])
  put("high", score, interval[3])
  interval <- ci.auc(curve, method = "delong", conf.level = 0.9)
  put("low90", score, interval[1])
  put("high90", score, interval[3])
  for (range in list(c(1, 0.9), c(1, 0.8), c(0.8, 0.4), c(0.35, 0.1))) {
    for (focus in c("specificity", "sensitivity")) {
      name <- sprintf("partial %s %g-%g", focus, range[2], range[1])
      put(name, score, auc(curve, partial.auc = range, partial.auc.focus = focus))
    }
    name <- sprintf("standardised specificity %g-%g", range[2], range[1])
    corrected <- suppressWarnings(
      auc(curve, partial.auc = range, partial.auc.focus = "specificity", partial.auc.correct = TRUE)
    )
    if (!is.na(corrected)) put(name, score, corrected)
  }
  for (specificity in c(0.5, 0.8, 0.9, 0.95)) {
    sensitivity <- coords(curve, specificity, input = "specificity", ret = "sensitivity")
    put(sprintf("sensitivity at %g", specificity), score, sensitivity[1, 1])
  }
}

pairs <- list(c("s100b", "ndka"), c("wfns", "ndka"), c("wfns", "s100b"))
for (pair in pairs) {
  name <- paste(pair, collapse = "-")
  paired <- roc.test(curves[[pair[1]]], curves[[pair[2]]], method = "delong", paired = TRUE)
  put("z", name, paired$statistic)
  put("p", name, paired$p.value)
  put("difference low", name, paired$conf.int[1])
  put("difference high", name, paired$conf.int[2])
  put("covariance", name, cov(curves[[pair[1]]], curves[[pair[2]]], method = "delong"))
  unpaired <- roc.test(curves[[pair[1]]], curves[[pair[2]]], method = "delong", paired = FALSE)
  put("unpaired t", name, unpaired$statistic)
  put("unpaired df", name, unpaired$parameter)
  put("unpaired p", name, unpaired$p.value)
}

header <- sprintf("# pROC %s, %s, %s", packageVersion("pROC"), R.version.string, Sys.Date())
writeLines(c(header, "quantity,subject,value", rows), "tests/data/golden/proc_asah.csv")
