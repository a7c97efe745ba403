"""Accuracy: how well do the models find each class, against the readers and against each other?"""

import streamlit as st

from dls.analysis.accuracy_layout import accuracy_layout
from dls.analysis.standing import on_curves
from dls.figures.roc import roc_panels
from dls.ui import results
from dls.ui.result_widgets import choose_benign_rule, choose_system, choose_task, figure, marked_case, table

results.open_page("Accuracy", filtered=True)

controls = st.columns(3)
with controls[0]:
    task = choose_task()
comparators = results.comparators(task)
comparator = None
if comparators:
    with controls[1]:
        comparator = choose_system("Models are tested against", comparators, "against")
with controls[2]:
    rule = choose_benign_rule(task)

found = results.accuracy(task, comparator, rule)
st.subheader(f"Figure {found.number}. One-versus-rest ROC")
marked = marked_case()
standing = () if marked is None else on_curves(results.study(), found, marked)
figure(roc_panels(found, standing), key=f"roc {task}", name=f"figure-roc-{found.number}")
st.caption(f"{found.readings}. A click on a mark or a curve opens the cases that are wrong there.")
table(accuracy_layout(found))
