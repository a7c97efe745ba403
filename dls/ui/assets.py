"""The viewer's JavaScript and CSS: where they lie, and how a Streamlit component loads them."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "assets"


@cache
def version() -> str:
    """Short hash of all assets; part of their URL, so that browsers may keep them for ever."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*.*")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def component_source(module: str) -> str:
    """Inline source of a component that loads an asset module relative to the page, and calls it."""
    return (
        "export default async (component) => {\n"
        f"  const url = new URL('ui/{version()}/{module}', document.baseURI);\n"
        "  return (await import(url)).default(component);\n"
        "};\n"
    )


def stylesheet(*names: str) -> str:
    """Stylesheets of the folder joined into one."""
    return "\n".join((FOLDER / name).read_text() for name in names)
