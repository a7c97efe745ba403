"""The application: `streamlit run app.py` serves the pages, the images and the sign-in."""

import streamlit as st
from starlette.middleware import Middleware

from dls.ui import job_queue
from dls.ui.routes.all_routes import all_routes
from dls.ui.routes.gate import Gate

app = st.App("router.py", routes=all_routes(), middleware=[Middleware(Gate)], lifespan=job_queue.lifespan)
