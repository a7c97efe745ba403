"""Lesion outline: does the outline lie on the lesion in all six sequences, and which cases need a look?"""

import streamlit as st

from dls.study.accounts import Role
from dls.study.cases import codes
from dls.ui import context
from dls.ui.outline_list import choose_case, opened_case, score_cases
from dls.ui.rooms import lesion_outline
from dls.ui.session import require

require(Role.INVESTIGATOR, Role.ADMINISTRATOR)
case_id = opened_case()
if case_id is not None:
    if lesion_outline(f"outlines/{case_id}"):
        st.query_params.pop("case")
        st.rerun()
    st.stop()
st.title("Lesion outlines")
st.write(
    "Each case's outline is drawn on T2 and carried to the other sequences in patient space. The mismatch "
    "says where a displacement would make a sequence fit T2 better around the lesion: 0 % is best, and "
    "the distance is that displacement. Cases to look at come first."
)
if not codes(context.store()):
    st.info("The study has no cases yet: the Import page adds them.")
    st.stop()
choose_case(score_cases())
