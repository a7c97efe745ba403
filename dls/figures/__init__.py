"""Results drawn: every function takes a result of `dls.analysis` and returns a Plotly figure or HTML."""
