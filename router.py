"""The script that Streamlit runs for every page: who is signed in decides which pages there are."""

import streamlit as st

from dls.study.accounts import Role
from dls.ui import session
from dls.ui.assets import FOLDER, stylesheet
from dls.ui.navigation import pages_of, sign_out_link

SIDEBAR_PIXELS = 232

st.set_page_config(
    page_title="Liver lesion reader study",
    page_icon=str(FOLDER / "icon.png"),
    layout="wide",
    initial_sidebar_state=SIDEBAR_PIXELS,
)
st.html(f"<style>{stylesheet('pages.css')}</style>")
who = session.require(*Role)
page = st.navigation(pages_of(who.role), expanded=True)
sign_out_link(who)
page.run()
