"""Guide: how do I do my part?"""

import streamlit as st

from dls.home import PROGRAM
from dls.study.accounts import Role
from dls.ui import session

who = session.require(*Role)
GUIDES = {Role.READER: ("readers",), Role.INVESTIGATOR: ("investigators", "readers")}
names = GUIDES.get(who.role, ("administrators", "investigators", "readers"))
for place, name in zip(st.tabs([name.capitalize() for name in names]), names, strict=True):
    place.markdown((PROGRAM / "docs" / f"{name}.md").read_text(encoding="utf-8"))
