"""The application: `streamlit run app.py` serves the pages, the images and the sign-in."""

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.pages_manager import PagesManager

from dls.ui import server
from dls.ui.routes.all_routes import all_routes
from dls.ui.routes.gate import Gate
from dls.ui.routes.measured import Measured

# Streamlit would run a page of the folder without the router, and list all pages, for whoever comes first
# after a start by a page's own address; `st.navigation` ends that only once the router has run.
PagesManager.uses_pages_directory = False

server.believe_proxies()
app = st.App(
    "router.py",
    routes=all_routes(),
    middleware=[Middleware(Measured), Middleware(Gate)],
    lifespan=server.lifespan,
)
