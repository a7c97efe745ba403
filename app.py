"""The application: `streamlit run app.py` serves the pages, the images and the sign-in."""

import streamlit as st
from starlette.middleware import Middleware

from dls.ui import server
from dls.ui.routes.all_routes import all_routes
from dls.ui.routes.gate import Gate
from dls.ui.routes.measured import Measured

server.believe_proxies()
app = st.App(
    "router.py",
    routes=all_routes(),
    middleware=[Middleware(Measured), Middleware(Gate)],
    lifespan=server.lifespan,
)
