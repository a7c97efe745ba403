"""Which pages each role has.  Every page checks the role again itself."""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st

from dls.study.accounts import Account, Role

_Pages = dict[str, tuple[tuple[str, str, str], ...]]
_READER: _Pages = {
    "": (
        ("worklist", "Worklist", "checklist"),
        ("reading_room", "Reading room", "radiology"),
        ("consensus", "Consensus", "groups"),
        ("guide", "Guide", "menu_book"),
    )
}
_INVESTIGATOR: _Pages = {
    "Study": (
        ("overview", "Overview", "monitoring"),
        ("cases", "Cases", "folder_open"),
        ("import_patients", "Import", "upload_file"),
        ("lesion_outline", "Lesion outlines", "draw"),
        ("diagnose", "Diagnose", "stethoscope"),
        ("studies", "Studies", "science"),
        ("dry_run", "Dry run", "experiment"),
        ("audit", "Audit", "verified_user"),
    ),
    "Results": (
        ("accuracy", "Accuracy", "target"),
        ("agreement", "Agreement", "handshake"),
        ("disagreements", "Disagreements", "compare"),
        ("readers", "Readers", "groups"),
        ("aided", "With the model", "assistant"),
        ("calibration", "Calibration", "speed"),
        ("subgroups", "Subgroups", "account_tree"),
        ("feature_map", "Feature map", "scatter_plot"),
        ("published_results", "Published results", "article"),
        ("validate_statistics", "Validate the statistics", "verified"),
        ("report", "Report", "description"),
    ),
    "Models": (
        ("models", "Models", "network_node"),
        ("explanation", "Explanation", "center_focus_strong"),
        ("training", "Training", "model_training"),
        ("guide", "Guide", "menu_book"),
    ),
}
_ADMINISTRATOR: _Pages = {**_INVESTIGATOR, "Administration": (("people", "People", "group"),)}
PAGES = {Role.READER: _READER, Role.INVESTIGATOR: _INVESTIGATOR, Role.ADMINISTRATOR: _ADMINISTRATOR}


def pages_of(role: Role) -> dict[str, list[Any]]:
    """Pages of a role by section, as `st.navigation` takes them; the first one opens after sign-in."""
    return {
        section: [
            st.Page(f"pages/{name}.py", title=title, icon=f":material/{icon}:")
            for name, title, icon in listed
        ]
        for section, listed in PAGES[role].items()
    }


def sign_out_link(who: Account) -> None:
    """Name and role of whoever is signed in, and the way out, at the foot of the sidebar."""
    st.sidebar.html(f'{escape(who.name)} ({who.role})<br><a href="/sign-out" target="_self">Sign out</a>')
