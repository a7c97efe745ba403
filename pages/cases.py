"""Cases: which cases were missed, by whom, and what do they look like?"""

import streamlit as st

from dls.analysis.case_selection import describe
from dls.analysis.dossier import dossier
from dls.errors import InputError
from dls.study.opinion import shown_on
from dls.ui import context, results
from dls.ui.case_choice import choose_cases, choose_one, chosen_cases, opened_case
from dls.ui.case_dossier import show_dossier

results.open_page("Cases", filtered=True)
data = results.study()
try:
    opened = opened_case()
    if opened is not None:
        store = context.store()
        found, case = dossier(results.whole_study(), opened, shown_on(store, opened)), store.case(opened)
    else:
        chosen = chosen_cases()
        listed, words = results.listed(chosen), describe(data, chosen)
except InputError as error:
    st.error(str(error))
    st.stop()

if opened is not None:
    if st.button("Back to the list", icon=":material/arrow_back:"):
        st.query_params.pop("case")
        st.rerun()
    show_dossier(found, case)
else:
    choose_cases(data, chosen)
    st.subheader(f"{len(listed)} of {len(data.truth(chosen.task))} cases")
    st.caption(f"{words}. ✓: right; a class: what was called instead; empty: no answer.")
    choose_one(listed)
