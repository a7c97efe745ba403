"""The Import page's table of cases: checked as a whole, then added as a whole."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dls.clinical import VARIABLES
from dls.errors import DLSError
from dls.intake.clinical_table import NEEDED, CaseTable, TableError, read_case_table
from dls.intake.table_import import add_cases
from dls.study.accounts import Account
from dls.ui import context
from dls.ui.import_form import looked_at, show_coding_table
from dls.ui.patient_facts import clinical_facts


def case_table(who: Account) -> None:
    """Upload, check, preview and add."""
    st.write(
        "A CSV or Excel file with a row a case: "
        + ", ".join(f"`{name}`" for name in NEEDED)
        + ", and clinical variables by name, with the unit in brackets where it is not the coding table's "
        "(`bilirubin [mg/dL]`). An empty cell is missing. The images of these cases are imported afterwards."
    )
    empty = ",".join([*NEEDED, "scanner", *(v.name for v in VARIABLES)])
    st.download_button("Empty table (CSV)", empty + "\n", "cases.csv", "text/csv", icon=":material/table:")
    given = st.file_uploader(
        "Table of cases", ["csv", "xlsx"], key=f"table {st.session_state.get('tables', 0)}"
    )
    if given is not None:
        try:
            table = read_case_table(given.getvalue(), given.name)
        except TableError as error:
            _show_problems(error)
        except DLSError as error:
            st.error(str(error))
        else:
            _show(table)
            _add(table, who)
    with st.expander("Coding table"):
        show_coding_table()


def _show_problems(error: TableError) -> None:
    count = len(error.problems)
    st.error(f"The table has {count} {'problem' if count == 1 else 'problems'}; nothing was changed.")
    columns = ["row", "column", "message", "expected", "got", "remedy"]
    st.dataframe(
        pd.DataFrame([[getattr(p, name) for name in columns] for p in error.problems], columns=columns),
        hide_index=True,
    )


def _show(table: CaseTable) -> None:
    rows = []
    for row in table.rows:
        case = row.case
        about: dict[str, object] = {"row": row.number, "code": case.code, "class": case.lesion_class.label}
        about |= {"reference standard": case.reference_standard, "diameter": f"{case.lesion_mm:g} mm"}
        facts = {str(f["label"]): f["text"] or "missing" for f in clinical_facts(case.clinical)}
        rows.append({**about, **facts})
    st.dataframe(pd.DataFrame(rows), hide_index=True)
    missing = [f"{label} {count}" for label, count in table.missing.items() if count]
    st.caption(f"{len(table.rows)} cases. Without a value: {', '.join(missing) or 'none'}.")


def _add(table: CaseTable, who: Account) -> None:
    sure = looked_at(table.doubts, "table is right")
    if not st.button(
        f"Add {len(table.rows)} cases", type="primary", disabled=not sure, icon=":material/add:"
    ):
        return
    try:
        done = add_cases(context.store(), table, who.id)
    except DLSError as error:
        st.error(str(error))
        return
    st.session_state["tables"] = st.session_state.get("tables", 0) + 1
    there = f"; {len(done.present)} were there already" if done.present else ""
    st.session_state["table added"] = (
        f"{len(done.added)} cases added{there}. Their images can be imported now."
    )
    st.rerun()
