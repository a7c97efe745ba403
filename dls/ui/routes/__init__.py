"""HTTP routes beside Streamlit's own: sign-in, images, readings, consensus, and the gate before them all."""
