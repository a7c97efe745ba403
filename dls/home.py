"""Where the program lies, and where the running study: its database, images, models and saliency."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "DLS_HOME"
"""Environment variable that names the study's folder."""

_INSTALLED = Path(__file__).parent / "program"
PROGRAM = _INSTALLED if _INSTALLED.is_dir() else Path(__file__).parents[1]
"""Folder of app.py, pages/ and data/: the checkout, or a folder of the installed package."""


def default_home() -> Path:
    """Folder of the running study, absolute: environment variable DLS_HOME; or var/ in the checkout, and
    dls-study/ in the person's own folder where the program is installed as a package.
    """
    beside = Path.home() / "dls-study" if PROGRAM == _INSTALLED else PROGRAM / "var"
    return Path(os.environ.get(VARIABLE) or beside).resolve()
