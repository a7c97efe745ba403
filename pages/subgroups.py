"""Subgroups: does it hold in every class, size, scanner, sex, age and proof?"""

import streamlit as st

from dls.analysis.accuracy import MALIGNANT
from dls.analysis.subgroup_accuracy import Question, measures, subgroup_layout
from dls.domain import Task
from dls.figures.subgroups import subgroup_forest
from dls.ui import results
from dls.ui.result_widgets import choose_option, choose_system, choose_task, figure, table

results.open_page("Subgroups", filtered=True)
controls = st.columns(4)
with controls[0]:
    task = choose_task()
systems = results.study().systems(task)
if not systems:
    st.info("Nobody has judged these cases in this task yet: run the models, or wait for the readers.")
    st.stop()
with controls[1]:
    system = choose_system("Model or reader", systems, "of")
with controls[2]:
    measure = choose_option("Measure", measures(results.study(), system, task), "measure")
with controls[3]:
    targets = (MALIGNANT,) if task is Task.BENIGN_MALIGNANT else task.classes
    target = choose_option("Class against the rest", targets, "target")

found = results.subgroups(Question(system, task, target, measure))
left, right = st.columns([6, 5], gap="medium")
with left:
    st.subheader(str(found.question))
    figure(subgroup_forest(found), key=f"forest {found.question}", name=f"subgroups-{measure.lower()}")
    st.caption(
        "Dashed: all cases. Under Class, each class against the rest. Larger marks rest on more cases. "
        "A click on a mark opens its cases."
    )
with right:
    table(subgroup_layout(found))
