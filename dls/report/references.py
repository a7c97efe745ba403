"""Sources of the methods, numbered in the order in which a text names them."""

from __future__ import annotations

SOURCES = {
    "zhen": "Zhen SH, Cheng M, Tao YB, et al. Deep learning for accurate diagnosis of liver tumor based on "
    "magnetic resonance imaging and clinical data. Front Oncol 2020;10:680.",
    "delong": "DeLong ER, DeLong DM, Clarke-Pearson DL. Comparing the areas under two or more correlated "
    "receiver operating characteristic curves: a nonparametric approach. Biometrics 1988;44:837-845.",
    "clopper": "Clopper CJ, Pearson ES. The use of confidence or fiducial limits illustrated in the case of "
    "the binomial. Biometrika 1934;26:404-413.",
    "mcnemar": "McNemar Q. Note on the sampling error of the difference between correlated proportions or "
    "percentages. Psychometrika 1947;12:153-157.",
    "cohen": "Cohen J. A coefficient of agreement for nominal scales. Educ Psychol Meas 1960;20:37-46.",
    "fleiss": "Fleiss JL. Measuring nominal scale agreement among many raters. Psychol Bull 1971;76:378-382.",
    "kappa-z": "Fleiss JL, Cohen J, Everitt BS. Large sample standard errors of kappa and weighted kappa. "
    "Psychol Bull 1969;72:323-327.",
    "bland-altman": "Bland JM, Altman DG. Measuring agreement in method comparison studies. Stat Methods Med "
    "Res 1999;8:135-160.",
    "obuchowski": "Obuchowski NA, Rockette HE. Hypothesis testing of diagnostic accuracy for multiple "
    "readers and multiple tests: an ANOVA approach with dependent observations. Commun Stat Simul Comput "
    "1995;24:285-308.",
    "hillis": "Hillis SL. A marginal-mean ANOVA approach for analyzing multireader multicase radiological "
    "imaging data. Stat Med 2014;33:330-360.",
    "hillis-df": "Hillis SL. A comparison of denominator degrees of freedom methods for multiple observer "
    "ROC analysis. Stat Med 2007;26:596-619.",
    "nri": "Pencina MJ, D'Agostino RB Sr, D'Agostino RB Jr, Vasan RS. Evaluating the added predictive "
    "ability of a new marker: from area under the ROC curve to reclassification and beyond. Stat Med "
    "2008;27:157-172.",
    "log-time": "Bland JM, Altman DG. Transformations, means, and confidence intervals. BMJ 1996;312:1079.",
    "recalibration": "Cox DR. Two further applications of a model for binary regression. Biometrika "
    "1958;45:562-565.",
    "brier": "Brier GW. Verification of forecasts expressed in terms of probability. Mon Weather Rev "
    "1950;78:1-3.",
    "decision-curve": "Vickers AJ, Elkin EB. Decision curve analysis: a novel method for evaluating "
    "prediction models. Med Decis Making 2006;26:565-574.",
    "gwet": "Gwet KL. Testing the difference of correlated agreement coefficients for statistical "
    "significance. Educ Psychol Meas 2016;76:609-637.",
    "holm": "Holm S. A simple sequentially rejective multiple test procedure. Scand J Stat 1979;6:65-70.",
    "saliency": "Simonyan K, Vedaldi A, Zisserman A. Deep inside convolutional networks: visualising image "
    "classification models and saliency maps. arXiv:1312.6034, 2013.",
    "smoothgrad": "Smilkov D, Thorat N, Kim B, Viégas F, Wattenberg M. SmoothGrad: removing noise by adding "
    "noise. arXiv:1706.03825, 2017.",
    "integrated": "Sundararajan M, Taly A, Yan Q. Axiomatic attribution for deep networks. Proc 34th Int "
    "Conf Machine Learning 2017:3319-3328.",
    "gradcam": "Selvaraju RR, Cogswell M, Das A, Vedantam R, Parikh D, Batra D. Grad-CAM: visual "
    "explanations from deep networks via gradient-based localization. Proc IEEE Int Conf "
    "Computer Vision 2017:618-626.",
    "tsne": "van der Maaten L. Accelerating t-SNE using tree-based algorithms. J Mach Learn Res "
    "2014;15:3221-3245.",
    "opentsne": "Poličar PG, Stražar M, Zupan B. openTSNE: a modular Python library for t-SNE "
    "dimensionality reduction and embedding. J Stat Softw 2024;109(3):1-30.",
    "stard": "Bossuyt PM, Reitsma JB, Bruns DE, et al. STARD 2015: an updated list of essential items for "
    "reporting diagnostic accuracy studies. BMJ 2015;351:h5527.",
    "stard-ai": "Sounderajah V, Guni A, Liu X, et al. The STARD-AI reporting guideline for diagnostic "
    "accuracy studies using artificial intelligence. Nat Med 2025;31(10):3283-3289.",
    "claim": "Mongan J, Moy L, Kahn CE Jr. Checklist for artificial intelligence in medical imaging (CLAIM): "
    "a guide for authors and reviewers. Radiol Artif Intell 2020;2(2):e200029.",
    "claim-2024": "Tejani AS, Klontzas ME, Gatti AA, et al. Checklist for artificial intelligence in medical "
    "imaging (CLAIM): 2024 update. Radiol Artif Intell 2024;6(4):e240300.",
}


class References:
    """Numbers sources as they are cited."""

    def __init__(self) -> None:
        self._cited: list[str] = []

    def cite(self, *keys: str) -> str:
        """Mark for a text, such as "[1,3]"."""
        for key in keys:
            if key not in self._cited:
                self._cited.append(key)
        return "[" + ",".join(str(self._cited.index(key) + 1) for key in keys) + "]"

    def listed(self) -> tuple[str, ...]:
        """The sources cited so far, with their numbers."""
        return tuple(f"{i}. {SOURCES[key]}" for i, key in enumerate(self._cited, start=1))
