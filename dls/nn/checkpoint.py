"""The state of a training after an epoch, in one file that is always whole.

A training's randomness follows from (seed, epoch) for its data and from the network's own seed variables for
dropout, so weights, seed variables, optimiser and epoch are all of its state.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dls.errors import InputError
from dls.nn.history import EpochRecord
from dls.whole_files import new_file

CHECKPOINT_FILE = "checkpoint.npz"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """State after the last of `history`'s epochs.

    Parameters
    ----------
    variables : of the network, its seeds and the optimiser, in their order
    history : of every epoch so far
    unseen_scores : (e, p, k) scores of the patients kept aside, an entry for each epoch that looked at them
    """

    variables: Sequence[NDArray[np.generic]]
    history: tuple[EpochRecord, ...]
    unseen_scores: NDArray[np.float32]


def save_checkpoint(folder: Path, state: Checkpoint) -> None:
    """Replace the folder's checkpoint, all or nothing."""
    arrays = {f"v{i:05d}": np.asarray(value) for i, value in enumerate(state.variables)}
    history = json.dumps([asdict(record) for record in state.history])
    with new_file(folder / CHECKPOINT_FILE) as file:
        np.savez(file, history=np.array(history), unseen_scores=state.unseen_scores, **arrays)  # type: ignore[arg-type]


def load_checkpoint(folder: Path) -> Checkpoint | None:
    """The folder's checkpoint, or None where there is none.

    Raises
    ------
    InputError
        when the file is damaged.
    """
    path = folder / CHECKPOINT_FILE
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            names = sorted(name for name in archive.files if name.startswith("v"))
            return Checkpoint(
                [archive[name] for name in names],
                tuple(EpochRecord(**record) for record in json.loads(str(archive["history"]))),
                archive["unseen_scores"],
            )
    except (KeyError, TypeError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path} is damaged",
            got=str(error),
            remedy="start this training anew: python -m dls train --restart",
        ) from error
