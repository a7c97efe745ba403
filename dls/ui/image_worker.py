"""The child process of `ImageRenderer`: reads requests as JSON lines, renders, answers a JSON line each."""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import Path
from typing import TextIO

from dls.demo.images import render_case


def serve(requests: TextIO, answers: TextIO) -> None:
    """Render each requested case; answer `{"error": null}` or the reason why it failed."""
    for line in requests:
        request = json.loads(line)
        error = None
        try:
            render_case(Path(request["root"]), request["case_id"], request["image_source"])
        except Exception as problem:
            traceback.print_exc(file=sys.stderr)
            error = f"{type(problem).__name__}: {problem}"
        answers.write(json.dumps({"error": error}) + "\n")
        answers.flush()


if __name__ == "__main__":
    answers = sys.stdout
    sys.stdout = sys.stderr
    serve(sys.stdin, answers)
