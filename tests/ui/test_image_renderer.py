import json
import sys
from pathlib import Path

import pytest

from dls.errors import InputError
from dls.ui.image_renderer import ImageRenderer
from dls.ui.image_worker import serve

ECHO = """
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    if request["case_id"] == 13:
        sys.exit(3)
    error = None if request["image_source"] == "phantom:V-001" else "no such phantom"
    print(json.dumps({"error": error}), flush=True)
"""


@pytest.fixture
def renderer(tmp_path: Path):
    made = ImageRenderer(tmp_path, (sys.executable, "-c", ECHO))
    yield made
    made.close()


def test_the_childs_reason_reaches_the_user(renderer: ImageRenderer) -> None:
    renderer.render(1, "phantom:V-001")
    with pytest.raises(InputError, match="no such phantom"):
        renderer.render(1, "phantom:X")


def test_a_child_that_dies_is_reported_and_started_anew(renderer: ImageRenderer) -> None:
    with pytest.raises(InputError, match="exit status 3"):
        renderer.render(13, "phantom:V-001")
    renderer.render(1, "phantom:V-001")


def test_the_worker_answers_every_request(tmp_path: Path) -> None:
    from io import StringIO

    answers = StringIO()
    request = {"root": str(tmp_path), "case_id": 1, "image_source": "phantom:none"}
    serve(StringIO(json.dumps(request) + "\n"), answers)
    assert "No such phantom patient" in json.loads(answers.getvalue())["error"]
