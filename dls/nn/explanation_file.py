"""What saliency found over a cohort, kept for the pages.

    <root>/<first 12 of the package's hash>-<method>.npz     plain arrays, and one JSON text

Importing this module does not load TensorFlow.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dls.errors import InputError
from dls.nn.explain import CaseExplanation, ExplainedCases
from dls.nn.saliency import SaliencyMethod
from dls.nn.sanity import RandomisedStage
from dls.whole_files import new_file


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """Saliency of a model over a cohort.

    Parameters
    ----------
    letter, package_sha256, method : what was explained, and how
    cases : numbers of each case
    maps : (k, size, size, channels) mean map of each class, every image group's made to sum to 1; 0 where the
        class has none
    images : (k, size, size, channels) mean image group of each class
    groups : (k,) image groups in each mean
    stages : of the weight-randomisation check
    """

    letter: str
    package_sha256: str
    method: SaliencyMethod
    cases: tuple[CaseExplanation, ...]
    maps: NDArray[np.float32]
    images: NDArray[np.float32]
    groups: NDArray[np.int64]
    stages: tuple[RandomisedStage, ...]


def explanation_path(root: Path, package_sha256: str, method: SaliencyMethod) -> Path:
    """Where the explanation of a package by a method is kept."""
    return Path(root) / f"{package_sha256[:12]}-{method.value}.npz"


def joined(
    letter: str,
    package_sha256: str,
    method: SaliencyMethod,
    parts: list[ExplainedCases],
    stages: tuple[RandomisedStage, ...],
) -> Explanation:
    """One explanation from those of several lots of cases, at least one."""
    groups = np.sum([p.groups for p in parts], axis=0)
    by = np.maximum(groups, 1)[:, None, None, None]
    return Explanation(
        letter,
        package_sha256,
        method,
        tuple(case for p in parts for case in p.cases),
        (np.sum([p.maps for p in parts], axis=0) / by).astype(np.float32),
        (np.sum([p.images for p in parts], axis=0) / by).astype(np.float32),
        groups,
        stages,
    )


def save_explanation(root: Path, explanation: Explanation) -> Path:
    """Keep an explanation, all or nothing, in place of a former one."""
    path = explanation_path(root, explanation.package_sha256, explanation.method)
    facts = {
        "letter": explanation.letter,
        "package_sha256": explanation.package_sha256,
        "method": explanation.method.value,
        "cases": [asdict(c) for c in explanation.cases],
        "stages": [asdict(s) for s in explanation.stages],
    }
    with new_file(path) as file:
        np.savez_compressed(
            file,
            maps=explanation.maps,
            images=explanation.images,
            groups=explanation.groups,
            facts=np.array(json.dumps(facts)),
        )
    return path


def load_explanation(root: Path, package_sha256: str, method: SaliencyMethod) -> Explanation | None:
    """The kept explanation, or None where there is none.

    Raises
    ------
    InputError
        when the file is not readable.
    """
    path = explanation_path(root, package_sha256, method)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            facts = json.loads(str(archive["facts"]))
            return Explanation(
                facts["letter"],
                facts["package_sha256"],
                SaliencyMethod(facts["method"]),
                tuple(CaseExplanation(**case) for case in facts["cases"]),
                archive["maps"],
                archive["images"],
                archive["groups"],
                tuple(RandomisedStage(**stage) for stage in facts["stages"]),
            )
    except FileNotFoundError:
        return None
    except (KeyError, TypeError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path} cannot be read", got=str(error), remedy="explain the model again"
        ) from error
