"""Who judges the cases: a model, a reader or the readers' consensus."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dls.domain import MODELS, Task
from dls.errors import InputError


class Kind(StrEnum):
    """The sorts of judges in a model-versus-reader study; the average of the readers calls no case itself."""

    MODEL = "model"
    READER = "reader"
    CONSENSUS = "consensus"
    AVERAGE = "average"


@dataclass(frozen=True, slots=True)
class System:
    """One judge of the cases.

    Parameters
    ----------
    key : short form for URLs and files: "A", "reader-3", "consensus"
    name : printed form: "Model A", "Reader 1", "Reader consensus"
    """

    kind: Kind
    key: str
    name: str

    @property
    def reader_id(self) -> int:
        """Account id of a reader.

        Raises
        ------
        InputError
            for a model or the consensus.
        """
        if self.kind is not Kind.READER:
            raise InputError("Only a reader has an account", expected="a reader", got=self.name)
        return int(self.key.removeprefix("reader-"))

    def judges(self, task: Task) -> bool:
        """Whether it gives an answer to a task: a model to its own, a reader's class reduces to all."""
        return self.kind is not Kind.MODEL or MODELS[self.key].task is task


CONSENSUS = System(Kind.CONSENSUS, "consensus", "Reader consensus")


AVERAGE = System(Kind.AVERAGE, "average", "Average of readers")
"""A comparator only: it has rates, and no call of any case."""


def model(letter: str) -> System:
    """The system of a model's letter."""
    return System(Kind.MODEL, letter, MODELS[letter].name)


def reader(reader_id: int, name: str) -> System:
    """The system of a reader's account."""
    return System(Kind.READER, f"reader-{reader_id}", name)
