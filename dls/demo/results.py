"""What the seven shipped models found in the phantom cohort: scores, features and maps in one file.

Remade with `python -m dls demo --rebuild`; the file names the package that each score came from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dls.errors import InputError
from dls.home import PROGRAM
from dls.whole_files import new_file

DATA = PROGRAM / "data" / "demo"
MODELS_FOLDER = DATA / "models"
RESULTS_FILE = DATA / "results.npz"
EXPLANATIONS = DATA / "explanations"
"""Saliency of model A over a few cases of each class, for the report's panel."""


@dataclass(frozen=True, slots=True)
class DemoResults:
    """Scores, features and feature maps of the models over the validation cohort's image groups.

    Parameters
    ----------
    codes : (p,) patients, such as "V-001"
    patient : (n,) index into `codes` of each image group
    packages : letter -> SHA-256 of the package
    scores : letter -> (n, classes) probabilities
    hidden : letter -> (n, d) last hidden layer, in half precision
    maps : (letter, method) -> (n, 2) feature map, method "tsne" or "umap"
    """

    codes: NDArray[np.str_]
    patient: NDArray[np.int64]
    packages: Mapping[str, str]
    scores: Mapping[str, NDArray[np.float32]]
    maps: Mapping[tuple[str, str], NDArray[np.float32]]
    hidden: Mapping[str, NDArray[np.float16]] = field(default_factory=dict)

    @property
    def group(self) -> NDArray[np.int64]:
        """(n,) number of each image group within its patient, from 0."""
        first = np.searchsorted(self.patient, np.arange(len(self.codes)))
        return np.arange(len(self.patient)) - first[self.patient]

    def save(self, path: Path = RESULTS_FILE) -> None:
        """Write everything to one compressed file."""
        arrays: dict[str, NDArray] = {"codes": self.codes, "patient": self.patient.astype(np.int32)}
        for letter, scores in self.scores.items():
            arrays[f"scores_{letter}"] = scores.astype(np.float32)
            arrays[f"package_{letter}"] = np.array(self.packages[letter])
        for (letter, method), xy in self.maps.items():
            arrays[f"map_{letter}_{method}"] = xy.astype(np.float32)
        for letter, hidden in self.hidden.items():
            arrays[f"hidden_{letter}"] = hidden.astype(np.float16)
        with new_file(path) as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, path: Path = RESULTS_FILE) -> DemoResults:
        """Read the file.

        Raises
        ------
        InputError
            when it is missing.
        """
        if not path.is_file():
            raise InputError(
                "The models' results of the demo are missing",
                expected=str(path),
                remedy="restore the file, or make it again: python -m dls demo --rebuild",
            )
        with np.load(path, allow_pickle=False) as file:
            letters = sorted(k.removeprefix("scores_") for k in file if k.startswith("scores_"))
            maps = [tuple(k.split("_")[1:]) for k in file if k.startswith("map_")]
            return cls(
                codes=file["codes"],
                patient=file["patient"].astype(np.int64),
                packages={letter: str(file[f"package_{letter}"]) for letter in letters},
                scores={letter: file[f"scores_{letter}"] for letter in letters},
                maps={(letter, method): file[f"map_{letter}_{method}"] for letter, method in maps},
                hidden={k.removeprefix("hidden_"): file[k] for k in file if k.startswith("hidden_")},
            )
