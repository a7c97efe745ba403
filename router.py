"""The script that Streamlit runs for every page: who is signed in decides which pages there are."""

import streamlit as st

from dls.study.accounts import Role
from dls.ui import session
from dls.ui.assets import FOLDER
from dls.ui.navigation import pages_of, sign_out_link

st.set_page_config(page_title="Liver lesion reader study", page_icon=str(FOLDER / "icon.png"), layout="wide")
who = session.require(*Role)
page = st.navigation(pages_of(who.role))
sign_out_link(who)
page.run()
