"""Where the running study lives: one folder with its database, images, models and saliency."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "DLS_HOME"
"""Environment variable that names the folder."""

PROGRAM = Path(__file__).parents[1]


def default_home() -> Path:
    """Folder of the running study, absolute: environment variable DLS_HOME, or var/ beside the program."""
    return Path(os.environ.get(VARIABLE) or PROGRAM / "var").resolve()
