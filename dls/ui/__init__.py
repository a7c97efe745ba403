"""The browser side: Streamlit glue, the viewer component and the authorised HTTP routes."""
