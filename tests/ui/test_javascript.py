"""The viewer's pure functions, run by Node where the tests of the project run."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", sorted((ROOT / "tests/ui/js").glob("*.test.mjs")), ids=lambda p: p.stem)
def test_javascript(path: Path) -> None:
    node = shutil.which("node")
    assert node is not None, "The tests of the viewer's JavaScript need Node (apt-get install nodejs)"
    done = subprocess.run([node, "--test", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", sorted((ROOT / "dls/ui/assets").glob("*.js")), ids=lambda p: p.name)
def test_every_module_is_javascript(path: Path) -> None:
    node = shutil.which("node")
    assert node is not None
    subprocess.run([node, "--check", str(path)], check=True)
