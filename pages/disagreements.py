"""Disagreements: where do a model and the readers part, and what do those lesions look like?"""

import streamlit as st

from dls.analysis.accuracy import MALIGNANT
from dls.analysis.case_filter import RIGHT, WRONG
from dls.analysis.quadrants import (
    FALSE_NEGATIVES,
    FALSE_POSITIVES,
    errors_of,
    quadrant_layout,
)
from dls.analysis.system import Kind
from dls.domain import Task
from dls.ui import results
from dls.ui.gallery import show_gallery
from dls.ui.result_widgets import choose_option, choose_system, choose_task, table

results.open_page("Disagreements", filtered=True)
controls = st.container(horizontal=True)
with controls:
    task = choose_task(fit=True)
data = results.study()
systems = data.systems(task)
if len(systems) < 2:
    st.info("Two are needed to disagree: run the models, or wait for the readers.")
    st.stop()
people = [s for s in systems if s.kind is not Kind.MODEL]
with controls:
    first = choose_system("Compare", systems, "first", fit=True)
with controls:
    others = [s for s in (*people[::-1], *systems) if s != first]
    second = choose_system("with", list(dict.fromkeys(others)), "second", fit=True)

found = results.parted(task, first, second)
groups = {
    found.name(a, b): found.filter(a, b)
    for a, b in ((RIGHT, WRONG), (WRONG, RIGHT), (WRONG, WRONG), (RIGHT, RIGHT))
}
errors = {f"{kind} of {first.name}": kind for kind in (FALSE_POSITIVES, FALSE_NEGATIVES)}
with controls:
    group = choose_option("Show", [*groups, *errors], "group", fit=True)
if group in errors:
    with controls:
        targets = (MALIGNANT,) if task is Task.BENIGN_MALIGNANT else task.classes
        target = choose_option("for", targets, "target", fit=True)
    chosen = errors_of(errors[group], task, target, first)
else:
    chosen = groups[group]

shown = results.pictured(chosen, first, second)
left, right = st.columns([2, 3], gap="medium")
with left:
    table(quadrant_layout(found))
with right:
    of_class = f", {target}" if group in errors else ""
    st.subheader(f"{group}{of_class}: {len(shown)} cases")
    st.caption(
        "Each row is a lesion in its six sequences, in their own windows; a picture opens its case. "
        "A phantom's images are made when they are first asked for, which takes a few seconds."
    )
show_gallery(shown, first, second, key=f"gallery {group} {task} {first.key} {second.key}")
