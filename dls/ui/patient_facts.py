"""Clinical data as a reader sees them: a label, and the value with its unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dls.analysis.printed import Cell, PrintedTable, Row, Section
from dls.clinical import VARIABLES, Numeric
from dls.study.protocol import protocol
from dls.study.store import Store

_SHORT = {
    "cirrhosis_history": "Cirrhosis history",
    "other_cancer": "Other cancer",
    "bilirubin": "Total bilirubin",
    "prothrombin": "PT prolonged",
    "encephalopathy": "Encephalopathy",
}


def patient_facts(clinical: Mapping[str, Any], store: Store) -> list[dict[str, str | None]]:
    """What a reader may know of the patient: nothing when the study's protocol hides clinical data."""
    return clinical_facts(clinical) if protocol(store).clinical_shown else []


def clinical_facts(clinical: Mapping[str, Any]) -> list[dict[str, str | None]]:
    """Label and text of every clinical variable; text is None where it is not known."""
    return [{"label": _SHORT.get(v.name, v.label), "text": _text(v, clinical.get(v.name))} for v in VARIABLES]


def clinical_layout(clinical: Mapping[str, Any], caption: str = "Clinical data") -> PrintedTable:
    """The clinical data as a table: a row a variable."""
    rows = tuple(
        Row(str(fact["label"]), (Cell(str(fact["text"] or "missing")),)) for fact in clinical_facts(clinical)
    )
    return PrintedTable("clinical", caption, (Cell(""),), (Section("", rows),), ())


def _text(variable: object, value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(variable, Numeric):
        number = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
        return f"{number.replace('-', '−')} {variable.unit}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
