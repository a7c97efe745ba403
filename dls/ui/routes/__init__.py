"""HTTP routes beside Streamlit's own: sign-in, images, readings, the viewer's code, and the gate before them all."""
