"""The JSON of an analysis as lines for a terminal, rounded."""

from __future__ import annotations

from dls.cli.analysis_json import Json


def roc_text(r: Json) -> str:
    """Areas and tests, one line each."""
    lines = [f"{r['n_positive']} positive, {r['n_negative']} negative, {r['n_missing']} left out"]
    for c in r["curves"]:
        note = f"  ({c['method']})" if c["degenerate"] else ""
        lines.append(f"{c['name']}: AUC {c['auc']:.4f} ({_range(c['ci'])}){note}")
    for c in r["comparisons"]:
        lines.append(
            f"{c['a']} - {c['b']}: {c['difference']:+.4f} ({_range(c['ci'])}), z {c['z']:.3f}, "
            f"p {_p(c['p'])}, Holm {_p(c['p_holm'])}"
        )
    if r["overall"]["df"]:
        o = r["overall"]
        lines.append(f"All equal: chi-square {o['chi2']:.3f} on {o['df']}, p {_p(o['p'])}")
    if "partial" in r:
        lines += _partial_lines(r["partial"])
    return "\n".join([*lines, *_provenance(r)])


def _partial_lines(r: Json) -> list[str]:
    low, high = r["range"]
    lines = [f"{r['focus'].capitalize()} from {low:g} to {high:g}:"]
    lines += [
        f"  {c['name']}: partial area {c['area']:.4f} ({_range(c['ci'])}), "
        f"standardised {c['standardised']:.4f}"
        for c in r["curves"]
    ]
    lines += [
        f"  {c['a']} - {c['b']}: {c['difference']:+.4f} ({_range(c['ci'])}), z {c['z']:.3f}, p {_p(c['p'])}"
        for c in r["comparisons"]
    ]
    return lines


def mrmc_text(r: Json) -> str:
    """Areas of every reader, and each analysis with its differences."""
    lines = [
        f"{r['n_positive']} positive, {r['n_negative']} negative cases, {r['n_excluded_cases']} left out"
    ]
    lines += [f"modality {a['modality']}, reader {a['reader']}: AUC {a['auc']:.4f}" for a in r["auc"]]
    for name, a in r["analyses"].items():
        df = f"{a['df1']}" + (f", {a['df2']:.2f}" if a["df2"] is not None else "")
        lines.append(
            f"{name} ({a['generalises_to']}): {a['reference_distribution']} {a['statistic']:.4f} on {df}, "
            f"p {_p(a['p'])}"
        )
        lines += [
            f"  {d['a']} - {d['b']}: {d['difference']:+.4f} ({_range(d['ci'])}), p {_p(d['p'])}, "
            f"Holm {_p(d['p_holm'])}"
            for d in a["differences"]
        ]
    lines += [f"{name}: not defined, {why}" for name, why in r["undefined"].items()]
    return "\n".join([*lines, *_provenance(r)])


def standalone_text(r: Json) -> str:
    """The model, the readers and each analysis."""
    lines = [
        f"{r['n_positive']} positive, {r['n_negative']} negative cases, {r['n_excluded_cases']} left out",
        f"{r['model']}: AUC {r['model_auc']:.4f}",
        *(f"reader {a['reader']}: AUC {a['auc']:.4f}" for a in r["readers"]),
        f"mean of readers: AUC {r['reader_mean_auc']:.4f}, less the model {r['difference']:+.4f}",
    ]
    for name, a in r["analyses"].items():
        df = f" on {a['df']:.2f}" if a["df"] is not None else ""
        lines.append(
            f"{name} ({a['generalises_to']}): t {a['t']:.3f}{df}, p {_p(a['p'])}, interval {_range(a['ci'])}"
        )
    lines += [f"{name}: not defined, {why}" for name, why in r["undefined"].items()]
    return "\n".join([*lines, *_provenance(r)])


def agreement_text(r: Json) -> str:
    """Every pair, and the coefficients of all raters."""
    lines = [f"{r['n_subjects']} subjects, {r['n_missing']} ratings missing"]
    for k in r["pairwise"]:
        lines.append(f"{k['a']}, {k['b']}: " + _agreement(k, "kappa"))
    for name in ("fleiss", "conger", "light", "gwet_ac1"):
        lines.append(f"{name}: " + _agreement(r[name], "ac1" if name == "gwet_ac1" else "kappa"))
    return "\n".join([*lines, *_provenance(r)])


def _agreement(k: Json, name: str) -> str:
    if "undefined" in k:
        return k["undefined"]
    test = f", z {k['z']:.2f}, p {_p(k['p'])}" if k["z"] is not None else ""
    return f"{name} {k[name]:.3f} ({_range(k['ci'])}){test}"


def paired_text(r: Json) -> str:
    """Both sides with their intervals, discordant pairs and p values."""
    lines = [f"{r['n_missing']} cases left out for a missing call"]
    for name in ("sensitivity", "specificity"):
        s = r[name]
        if s is None:
            lines.append(f"{name}: no such case")
            continue
        lines.append(
            f"{name} of {s['n']}: a {s['a']:.3f} ({_range(s['ci_a'])}), "
            f"b {s['b']:.3f} ({_range(s['ci_b'])}); "
            f"only a {s['discordant'][0]}, only b {s['discordant'][1]}; "
            f"p exact {_p(s['p_exact'])}, mid-p {_p(s['p_mid'])}"
        )
    return "\n".join([*lines, *_provenance(r)])


def power_text(r: Json) -> str:
    """One line for every number of readers."""
    lines = [f"To find a difference of {r['effect']:g} with power {r['desired_power']:g} at {r['alpha']:g}:"]
    for study in r["studies"]:
        cases = (
            f"{study['n_cases']} cases" if study["n_cases"] is not None else "no number of cases is enough"
        )
        lines.append(f"{study['n_readers']} readers: {cases}, power {study['power']:.3f}")
    return "\n".join([*lines, *_provenance(r)])


def _provenance(r: Json) -> list[str]:
    return [f"Method: {r['method']}; {r['variant']}", f"Source: {r['source']}"]


def _range(interval: list[float]) -> str:
    return f"{interval[0]:.4f} to {interval[1]:.4f}"


def _p(value: float) -> str:
    return f"{value:.4g}"
