"""The last hidden layer of every case's image groups, as each package gave it, kept beside the study.

    <root>/<first 12 of the package's hash>/<case_id>.npy     (n, d) float32

Importing this module does not load TensorFlow.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dls.errors import InputError
from dls.whole_files import new_file


class FeatureStore:
    """Features below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    def put(self, package_sha256: str, case_id: int, hidden: NDArray[np.floating]) -> None:
        """Keep the features (n, d) of a case, in place of former ones."""
        with new_file(self._path(package_sha256, case_id)) as file:
            np.save(file, np.asarray(hidden, np.float32), allow_pickle=False)

    def has(self, package_sha256: str, case_id: int) -> bool:
        """Whether the features of a case are kept."""
        return self._path(package_sha256, case_id).is_file()

    def cases(self, package_sha256: str) -> list[int]:
        """Cases whose features are kept, in rising order."""
        return sorted(int(p.stem) for p in (self.root / package_sha256[:12]).glob("[0-9]*.npy"))

    def get(self, package_sha256: str, case_id: int) -> NDArray[np.float32]:
        """Features (n, d) of a case.

        Raises
        ------
        InputError
            when they are not kept or not readable.
        """
        path = self._path(package_sha256, case_id)
        try:
            found: NDArray[np.float32] = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise InputError(
                f"The features of case {case_id} cannot be read", got=str(error), remedy="run the model again"
            ) from error
        return found

    def gather(
        self, package_sha256: str, case_ids: Iterable[int]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
        """Features (n, d) of many cases, and each row's case and number of the group in it.

        Raises
        ------
        InputError
            when there is no case or those of one are not kept.
        """
        ids = list(case_ids)
        if not ids:
            raise InputError(
                "No case has features of this model", remedy="run the model over the cases first"
            )
        parts = [self.get(package_sha256, case_id) for case_id in ids]
        counts = [len(p) for p in parts]
        group = np.concatenate([np.arange(n) for n in counts])
        return np.concatenate(parts), np.repeat(np.asarray(ids, np.int64), counts), group

    def _path(self, package_sha256: str, case_id: int) -> Path:
        return self.root / package_sha256[:12] / f"{int(case_id)}.npy"
