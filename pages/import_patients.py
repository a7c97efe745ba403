"""Import: how do a patient's images and data become a case of the study?"""

import streamlit as st

from dls.errors import DLSError
from dls.imaging.delivery import load
from dls.intake.case_import import import_case, imported
from dls.study.accounts import Role
from dls.ui import context, import_lists, import_pacs, import_sources
from dls.ui.import_form import describe_case
from dls.ui.import_series import confirm_series
from dls.ui.import_table import case_table
from dls.ui.session import require

who = require(Role.INVESTIGATOR, Role.ADMINISTRATOR)
store, home = context.store(), context.home()
asked = st.query_params.get("delivery", "")
st.title("Import")

if (done := st.query_params.get("imported", "")).isdecimal():
    try:
        import_lists.show_imported(imported(store, int(done)))
    except DLSError as error:
        st.error(str(error))
elif asked:
    if st.button("Back", icon=":material/arrow_back:"):
        st.query_params.clear()
        st.rerun()
    try:
        delivery = load(home, asked)
    except DLSError as error:
        st.error(str(error))
        st.stop()
    import_lists.show_received(delivery)
    st.subheader("Which series is which?")
    with st.container():  # a message that comes or goes in here must not move the form: it would lose typing
        confirmed = confirm_series(delivery)
    st.subheader("Which case is it?")
    with st.container():
        described = describe_case(delivery)
    ready = confirmed is not None and described is not None
    if st.button("Import", type="primary", icon=":material/check:", disabled=not ready):
        try:
            with st.spinner("Reading the images"):
                made = import_case(
                    store,
                    home,
                    delivery,
                    confirmed,
                    case=described.case,
                    case_id=described.case_id,
                    lesion=described.lesion,
                    by=who.id,
                )
        except DLSError as error:
            st.error(str(error))
        else:
            st.query_params.from_dict({"imported": str(made.case_id)})
            st.rerun()
else:
    with st.container():
        import_lists.show_closed()
    st.write(
        "Images are de-identified as they arrive; you then confirm what they are, and only that adds them."
    )
    names = ["Upload", "Image server", "Table of cases"]
    names += ["Folder on the server"] if who.role is Role.ADMINISTRATOR else []
    upload, server, table, *folder = st.tabs(names)
    with upload:
        import_sources.upload()
    with server:
        import_pacs.image_server()
    with table:
        case_table(who)
    for tab in folder:
        with tab:
            import_sources.server_folder()
    import_lists.show_waiting()
    import_lists.show_made()
