"""The server's log as JSON, one object a line: no name, no code of a case, no query.

An exception is logged as its kind and its frames, since its message may repeat what somebody typed.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime

REQUESTS = logging.getLogger("dls.requests")
FIELDS = ("method", "route", "status", "milliseconds")
"""What a line about a request says besides."""
_SERVERS = ("uvicorn", "uvicorn.error", "streamlit")
_SILENT = "uvicorn.access"
"""Its lines have whole addresses, codes of cases included; `Measured` says what may be said."""


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        moment = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info and record.exc_info[0] is not None:
            frames = traceback.extract_tb(record.exc_info[2])
            line["exception"] = record.exc_info[0].__name__
            line["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return json.dumps(line)


def write_json_lines() -> None:
    """Send everything from the level of information on to standard error, as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name in _SERVERS:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.getLogger(_SILENT).handlers.clear()
    logging.getLogger(_SILENT).propagate = False
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in ("dls", "uvicorn"):
        logging.getLogger(name).setLevel(logging.INFO)
