"""Zip files whose bytes depend on nothing but their content: sorted entries, one given time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import datetime


def packed(files: Mapping[str, bytes], moment: datetime) -> bytes:
    """A zip file.

    Parameters
    ----------
    files : name -> content
    moment : time of every entry, 1980 or later; kept to two seconds
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, moment.timetuple()[:6])
            entry.compress_type, entry.create_system, entry.external_attr = (
                zipfile.ZIP_DEFLATED,
                3,
                0o644 << 16,
            )
            archive.writestr(entry, files[name])
    return buffer.getvalue()


def repacked(content: bytes, moment: datetime) -> bytes:
    """A zip file's content packed again."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return packed({name: archive.read(name) for name in archive.namelist()}, moment)
