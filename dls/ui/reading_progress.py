"""How far a reader has come in a session."""

from __future__ import annotations

from dataclasses import dataclass

from dls.study.reading import Assignment, worklist
from dls.study.store import Store


@dataclass(frozen=True, slots=True)
class ReadingProgress:
    """Counts of one reader and session.

    Parameters
    ----------
    cases, signed, simulated : number of cases, of signed readings, and of these the simulated ones
    next : the case to go on with (a draft first), None when all are signed
    """

    cases: int
    signed: int
    simulated: int
    next: Assignment | None

    @property
    def fraction(self) -> float:
        """Signed share, 0 to 1."""
        return self.signed / self.cases if self.cases else 0.0

    @property
    def text(self) -> str:
        """The counts in words."""
        return f"{self.signed} of {self.cases} cases signed, {self.cases - self.signed} to read"

    @property
    def invitation(self) -> str:
        """Label of the button that opens the reading room."""
        if self.next is not None and self.next.status == "draft":
            return "Go on with the case you began"
        return "Read the next case" if self.signed else "Read the first case"


def reading_progress(store: Store, reader_id: int, session: int) -> ReadingProgress:
    """Progress of a reader in a session."""
    own = [a for a in worklist(store, reader_id) if a.session == session]
    open_cases = [a for a in own if a.status != "signed"]
    begun = [a for a in open_cases if a.status == "draft"]
    readings = store.readings()
    mine = readings[(readings.reader_id == reader_id) & (readings.session == session)]
    return ReadingProgress(
        cases=len(own),
        signed=len(own) - len(open_cases),
        simulated=int(mine.simulated.sum()),
        next=next(iter(begun or open_cases), None),
    )
