"""The shape of the project: who may import whom, one home per heavy dependency, short pages."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LEAVES = {"errors", "geometry", "domain", "home", "progress", "whole_files"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "home": set(),
    "progress": set(),
    "whole_files": set(),
    "configuration": {"errors"},
    "geometry": {"errors"},
    "domain": {"errors"},
    "stats": {"errors"},
    "imaging": LEAVES,
    "phantom": LEAVES | {"clinical"},
    "clinical": LEAVES,
    "study": LEAVES,
    "nn": LEAVES | {"imaging", "clinical"},
    "intake": LEAVES | {"imaging", "clinical", "study"},
    "embedding": LEAVES,
    "jobs": LEAVES | {"imaging", "clinical", "nn", "embedding", "study"},
    "case_regions": LEAVES | {"imaging", "study"},
    "lld_study": LEAVES | {"imaging", "clinical", "nn", "study", "case_regions"},
    "training_cohort": LEAVES | {"imaging", "clinical", "nn", "study", "case_regions"},
    "diagnosis": LEAVES | {"imaging", "clinical", "nn", "study", "intake", "case_regions"},
    "analysis": LEAVES | {"study", "stats"},
    "figures": LEAVES | {"analysis", "stats"},
    "report": LEAVES | {"analysis", "stats", "figures", "study", "nn"},
    "demo": LEAVES | {"phantom", "imaging", "clinical", "nn", "embedding", "study", "analysis"},
}
ANY_BUT = {"ui": {"cli"}, "cli": {"ui"}, "pages": {"cli"}, "app": {"cli"}, "router": {"cli"}}
HOME = {
    "SimpleITK": "imaging",
    "pydicom": "imaging",
    "highdicom": "imaging",
    "pynetdicom": "imaging",
    "python_multipart": "imaging",
    "urllib3": "imaging",
    "gdcm": "imaging",
    "tensorflow": "nn",
    "keras": "nn",
    "ray": "nn",
    "numba": "embedding",
    "openTSNE": "embedding",
    "umap": "embedding",
    "sqlite_utils": "study",
    "sqlite3": "study",
    "argon2": "study",
    "pyarrow": "study",
    "cryptography": "study",
    "joserfc": "ui",
    "authlib": "ui",
    "plotly": "figures",
    "matplotlib": "report",
    "docx": "report",
    "reportlab": "report",
    "streamlit": "ui",
    "starlette": "ui",
}
PACKAGES = {
    "argon2": "argon2-cffi",
    "docx": "python-docx",
    "gdcm": "python-gdcm",
    "keras": "tensorflow",
    "PIL": "pillow",
    "python_multipart": "python-multipart",
    "SimpleITK": "simpleitk",
    "sklearn": "scikit-learn",
    "sqlite_utils": "sqlite-utils",
    "umap": "umap-learn",
}
"""Module -> package, where the names differ."""
UI_LAYERS = {"ui", "pages", "app", "router"}


def part_of(path: Path) -> str:
    """Layer of a source file: the first name below dls/, or pages, or app."""
    relative = path.relative_to(ROOT)
    if relative.parts[0] != "dls":
        return relative.parts[0].removesuffix(".py")
    return relative.parts[1].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Every module named in an import statement of a file, lazy ones included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            raise AssertionError(f"{path}: relative import")
    return found


SOURCES = sorted([*ROOT.glob("dls/**/*.py"), *ROOT.glob("pages/*.py"), ROOT / "app.py", ROOT / "router.py"])


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_follow_the_architecture(path: Path) -> None:
    part = part_of(path)
    if part in {"__init__", "__main__"}:
        return
    project = {name.split(".")[1] for name in imports(path) if name.startswith("dls.") and name.count(".")}
    project -= {part, "__version__"}
    if part in ANY_BUT:
        assert not project & ANY_BUT[part]
    else:
        assert project <= MAY_IMPORT[part], f"{part} may not import {project - MAY_IMPORT[part]}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_heavy_dependencies_have_one_home(path: Path) -> None:
    part = part_of(path)
    for name in {module.split(".")[0] for module in imports(path)} & HOME.keys():
        homes = UI_LAYERS if HOME[name] == "ui" else {HOME[name]}
        assert part in homes, f"{name} belongs in {homes}"


@pytest.mark.parametrize("path", sorted(ROOT.glob("pages/*.py")), ids=lambda p: p.name)
def test_pages_stay_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 80


def test_every_dependency_is_imported_somewhere() -> None:
    used = {PACKAGES.get(name, name) for name in third_party()}
    for dependency in declared():
        assert dependency in used, f"{dependency} is declared and never imported"


def test_every_third_party_import_is_declared_and_pinned() -> None:
    for file, dependencies in (("requirements.txt", needed()), ("requirements-dev.txt", declared())):
        pinned = (ROOT / file).read_text().lower()
        for dependency in dependencies:
            assert re.search(rf"^{re.escape(dependency.lower())}==", pinned, re.MULTILINE), dependency
    for module in third_party():
        assert PACKAGES.get(module, module) in declared(), f"{module} is imported and not declared"


def needed() -> list[str]:
    """Direct dependencies of the program, without those of its extras."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]


def declared() -> list[str]:
    """Direct dependencies of the program and of its extras."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    return needed() + [dependency for extra in extras.values() for dependency in extra]


def third_party() -> set[str]:
    """Top-level modules of other people's packages that the program imports."""
    used = {name.split(".")[0] for path in SOURCES for name in imports(path)}
    return used - set(sys.stdlib_module_names) - {"dls"}
