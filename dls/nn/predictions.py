"""Scores of several models over a cohort's image groups, in one file."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dls.errors import InputError
from dls.nn.data import GroupSet
from dls.nn.inference import forward_all
from dls.nn.package import ModelPackage
from dls.nn.predict import patient_scores
from dls.progress import Progress
from dls.whole_files import new_file


@dataclass(frozen=True, slots=True)
class Predictions:
    """What models gave for every image group of a cohort, applicable to its patient or not.

    Parameters
    ----------
    codes : (p,) names of the patients
    patient : (n,) index of each group's patient
    scores : letter -> (n, n_classes) probabilities
    packages : letter -> sha256 of the package
    """

    codes: NDArray[np.str_]
    patient: NDArray[np.integer]
    scores: Mapping[str, NDArray[np.float32]]
    packages: Mapping[str, str]

    def of_patients(self, letter: str) -> NDArray[np.float64]:
        """Scores (p, n_classes) of the patients: means of their groups'."""
        return patient_scores(self.scores[letter], self.patient)

    def save(self, path: Path) -> None:
        """Write one NumPy archive, all or nothing: codes, patient, scores_<letter>, package_<letter>."""
        arrays = {"codes": np.asarray(self.codes), "patient": np.asarray(self.patient)}
        arrays |= {f"scores_{letter}": value for letter, value in self.scores.items()}
        arrays |= {f"package_{letter}": np.array(value) for letter, value in self.packages.items()}
        with new_file(path) as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: Path) -> Predictions:
        """Read what `save` wrote; nothing in the file is executed.

        Raises
        ------
        InputError
            when the file is absent or is not such an archive.
        """
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                letters = sorted(k.removeprefix("scores_") for k in archive.files if k.startswith("scores_"))
                return cls(
                    archive["codes"],
                    archive["patient"],
                    {letter: archive[f"scores_{letter}"] for letter in letters},
                    {letter: str(archive[f"package_{letter}"]) for letter in letters},
                )
        except FileNotFoundError as error:
            raise InputError("No file of predictions", expected=str(path)) from error
        except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise InputError(
                f"{path} is not a file of predictions",
                expected="what python -m dls predict writes",
                got=str(error),
            ) from error


def predict_all(
    packages: Mapping[str, ModelPackage], groups: GroupSet, progress: Progress | None = None
) -> Predictions:
    """Run models over every image group of a cohort.

    Parameters
    ----------
    packages : by letter, see `dls.nn.package.load_packages`

    Raises
    ------
    InputError
        when a model does not take image groups of this size.
    """
    rows = dict.fromkeys(packages, np.arange(len(groups.pixels)))
    found = forward_all(packages, groups.pixels, rows, groups.clinical[groups.patient], progress)
    return Predictions(
        groups.codes,
        groups.patient,
        {letter: probabilities for letter, (probabilities, _) in found.items()},
        {letter: package.sha256 for letter, package in packages.items()},
    )
