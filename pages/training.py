"""Training: how far are the networks, and do they learn?"""

import streamlit as st

from dls.figures.training import training_curves
from dls.ui import results, training_runs
from dls.ui.live import follow_training
from dls.ui.result_widgets import figure

results.open_page("Training", results=False)
follow_training()
runs = training_runs.runs()
if not runs:
    st.info(
        "Nothing has been trained here yet. `python -m dls train --help` says how; "
        "this page then follows the training."
    )
    st.stop()

left, right = st.columns(2)
with left:
    name = st.selectbox("Run", list(runs), key="run", bind="query-params")
run = training_runs.state_of(runs[name])
letters = training_runs.letters(run)
if not letters:
    st.info("The first network is being built.")
    st.stop()
with right:
    letter = st.selectbox("Model", letters, key="letter", bind="query-params")

jobs = training_runs.jobs_of(run, letter)
done = sum(job.done for job in jobs)
config = run.configuration
st.caption(
    f"Begun on {run.begun_on} · configuration {config['name']}: {config['backbone']}, "
    f"{config['epochs']} epochs, {config['folds'] or 'no'} folds · {done} of {len(jobs)} networks done"
)
figure(
    training_curves(training_runs.courses_of(jobs)), key="curves", name=f"training-{letter}", of_study=False
)
st.dataframe(training_runs.job_table(jobs), hide_index=True)

report = training_runs.report_of(run, letter)
if report is not None:
    st.download_button(
        "Training report",
        report,
        f"training-{letter}-{name}.html",
        "text/html",
        icon=":material/download:",
    )
