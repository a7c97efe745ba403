"""Readings as the files that statistics programs read.

iMRMC's input is a text file: counts, then one line for each truth and each score.  MRMCaov reads any data
frame with reader, treatment, case, truth and rating; RJafroc reads iMRMC's input.

Sources: Gallas et al., iMRMC 4.0 user guide (input file format); Smith and Hillis, MRMCaov 0.3, `mrmc`;
Chakraborty, RJafroc 2.1, `DfReadDataFile` with format "iMRMC".
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from dls.domain import LesionClass
from dls.errors import ConflictError, InputError
from dls.study import audit, cases, signed_readings
from dls.study.database import Database
from dls.study.protocol import protocol
from dls.whole_files import write_whole

FORMATS = ("csv", "parquet", "imrmc", "mrmcaov", "wide")


def write_readings(database: Database, target: Path, form: str, by: int | None = None) -> int:
    """Write the study's readings to a new file, and that into the trail; returns the number of readings.

    Parameters
    ----------
    form : "csv" or "parquet": every revision, with the codes of the cases and their truth; "imrmc" or
        "mrmcaov": the confidence for malignancy of the newest revisions, hidden repeats left out; "wide":
        their classes, a column a reader, as `analyze agreement` takes them

    Raises
    ------
    InputError
        when there is no such form, no reading, or the file cannot be written.
    ConflictError
        when the file exists.
    """
    if form not in FORMATS:
        raise InputError("Unknown form of readings", expected="one of " + ", ".join(FORMATS), got=repr(form))
    if target.exists():
        raise ConflictError(
            "The export would overwrite a file", got=str(target), remedy="choose another name"
        )
    table = _TABLES.get(form, long_ratings)(database)
    if table.empty:
        raise InputError("There is no reading to write")
    if not target.parent.is_dir():
        raise InputError("The readings cannot be written", got=f"no folder {target.parent}")
    try:
        write_whole(target, _content(table, form))
    except OSError as error:
        raise InputError("The readings cannot be written", got=str(error)) from error
    detail = {"file": target.name, "form": form, "count": len(table)}
    audit.record(database, "readings.export", by, detail)
    return len(table)


def _content(table: pd.DataFrame, form: str) -> bytes:
    match form:
        case "parquet":
            written = BytesIO()
            pyarrow.parquet.write_table(pa.Table.from_pandas(table, preserve_index=False), written)
            return written.getvalue()
        case "imrmc":
            return imrmc_text(table).encode()
        case _:
            return table.to_csv(index=False).encode()


def all_readings(database: Database) -> pd.DataFrame:
    """Every revision of every reading of the study: the columns of its frame, with case code and truth."""
    table, known = signed_readings.frame(database, revisions=True), cases.frame(database)
    table.insert(4, "case", table["case_id"].map(known["code"]))
    table.insert(5, "truth", table["case_id"].map(known["lesion_class"]))
    return table


def _first_meetings(database: Database) -> pd.DataFrame:
    """Newest revisions of the analysed cases without repeats; with treatment, case (code) and truth."""
    table, known = signed_readings.frame(database), cases.frame(database)
    table = table[(table["occasion"] == 1) & table["case_id"].isin(known.index)].copy()
    names = {session.number: session.name for session in protocol(database).sessions}
    treatment = table["session"].map(names).astype("str")
    table["treatment"] = treatment.where(table["stage"] == 1, treatment + " with model")
    table["case"] = table["case_id"].map(known["code"])
    table["truth"] = table["case_id"].map(known["lesion_class"])
    return table


def long_ratings(database: Database) -> pd.DataFrame:
    """Confidence for malignancy, one row a reader, modality and case.

    Returns
    -------
    columns reader (name), treatment, case (code), truth (1 malignant, 0 benign), rating (0-100).  The
    treatment is the session's name, and "with model" after it for readings of stage 2.
    """
    table = _first_meetings(database)
    return pd.DataFrame(
        {
            "reader": table["reader"],
            "treatment": table["treatment"],
            "case": table["case"],
            "truth": (table["truth"] >= LesionClass.HCC).astype(int),
            "rating": table["malignancy"],
        }
    ).reset_index(drop=True)


def wide_classes(database: Database) -> pd.DataFrame:
    """Class that every reader called, one row a case.

    Returns
    -------
    columns case (code), then one a reader, or one a reader and treatment where there are several; empty where
    there is no reading
    """
    table = _first_meetings(database)
    treatments = table["treatment"].nunique()
    table["column"] = table["reader"] + (", " + table["treatment"] if treatments > 1 else "")
    table["class"] = table["lesion_class"].map({int(c): c.label for c in LesionClass})
    wide = table.pivot(index="case_id", columns="column", values="class")
    wide = wide[list(dict.fromkeys(table["column"]))].fillna("")
    wide.insert(0, "case", table.drop_duplicates("case_id").set_index("case_id")["case"])
    return wide.reset_index(drop=True).rename_axis(columns=None)


def imrmc_text(ratings: pd.DataFrame) -> str:
    """iMRMC's input for long ratings, as `long_ratings` gives them."""
    truth = ratings.drop_duplicates("case").set_index("case")["truth"].sort_index()
    plain = {
        column: ratings[column].astype(str).str.replace(",", " ")
        for column in ("reader", "treatment", "case")
    }
    head = [
        "Liver lesions, confidence for malignancy",
        f"N0: {int((truth == 0).sum())}",
        f"N1: {int((truth == 1).sum())}",
        f"NR: {plain['reader'].nunique()}",
        f"NM: {plain['treatment'].nunique()}",
        "",
        "BEGIN DATA:",
    ]
    truths = [f"-1,{str(case).replace(',', ' ')},0,{value}" for case, value in truth.items()]
    scores = [
        f"{reader},{case},{treatment},{rating:g}"
        for reader, case, treatment, rating in zip(
            plain["reader"], plain["case"], plain["treatment"], ratings["rating"], strict=True
        )
    ]
    return "\n".join([*head, *truths, *scores]) + "\n"


_TABLES = {"csv": all_readings, "parquet": all_readings, "wide": wide_classes}
"""What the forms hold; the others hold long ratings."""
