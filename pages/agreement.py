"""Agreement: how often are models and readers right, where do they go wrong, do readers agree?"""

import streamlit as st

from dls.analysis.agreement_layout import agreement_layout, inter_reader_layout
from dls.analysis.intra_reader_layout import intra_reader_layout
from dls.analysis.standing import in_matrix
from dls.analysis.workflow_layout import workflow_layout
from dls.figures.confusion import confusion_matrices
from dls.ui import results
from dls.ui.result_widgets import choose_benign_rule, choose_system, choose_task, figure, marked_case, table

results.open_page("Agreement", filtered=True)

task_column, left_column, right_column, against_column, rule_column = st.columns(5)
with task_column:
    task = choose_task()
systems = results.study().systems(task)
with rule_column:
    rule = choose_benign_rule(task)
if systems:
    with left_column:
        left = choose_system("Left matrix", systems, "left")
    with right_column:
        right = choose_system("Right matrix", systems, "right", default=len(systems) - 1)
    shown = tuple(dict.fromkeys((left, right)))
    matrices = results.matrices(task, shown, rule)
    marked = marked_case()
    standing = () if marked is None else [in_matrix(results.study(), m, marked, rule) for m in matrices]
    figure(confusion_matrices(matrices, standing), key=f"matrices {task}", name="confusion")
    st.caption("Shade: share of the true class. A click on a number opens its cases.")

comparator = None
comparators = results.comparators(task)
if comparators:
    with against_column:
        comparator = choose_system("Table 4 is tested against", comparators, "against")
found = results.agreement(rule, comparator)
left_half, right_half = st.columns([6, 5], gap="medium")
with left_half:
    table(agreement_layout(found))
with right_half:
    table(inter_reader_layout(found))
within = results.within_readers()
if within:
    table(intra_reader_layout(within))
ways = results.ways()
if ways:
    table(workflow_layout(ways))
