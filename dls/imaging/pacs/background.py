"""A study that is fetched and received in a thread of its own, while somebody looks on."""

from __future__ import annotations

import threading
import traceback
from pathlib import Path

from dls.errors import DLSError, StoppedError
from dls.imaging.delivery import Delivery
from dls.imaging.pacs.delivering import deliver
from dls.imaging.pacs.peers import Peer


class Fetching:
    """One fetch under way; it begins at once.

    Parameters
    ----------
    peer : the server
    study_uid : of the study
    home : folder of the running study; takes the delivery
    """

    def __init__(self, peer: Peer, study_uid: str, home: Path) -> None:
        self.peer, self.study_uid = peer, study_uid
        self.done, self.total, self.step = 0, 0, "asking the server"
        self.delivery: Delivery | None = None
        self.error = ""
        self._home = home
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dls.pacs.fetch", daemon=True)
        self._thread.start()

    @property
    def over(self) -> bool:
        """Whether it has ended: with a delivery, with an error, or because it was stopped."""
        return not self._thread.is_alive()

    @property
    def stopped(self) -> bool:
        """Whether it was asked to stop."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Ask it to stop; what arrived is kept for another fetch of the study."""
        self._stop.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it has ended, at most so long; whether it has."""
        self._thread.join(seconds)
        return self.over

    def _note(self, done: int, total: int, step: str) -> None:
        self.done, self.total, self.step = done, total, step

    def _run(self) -> None:
        try:
            self.delivery = deliver(
                self.peer, self.study_uid, self._home, progress=self._note, stopped=self._stop.is_set
            )
        except StoppedError:
            self._stop.set()
        except DLSError as error:
            self.error = str(error)
        except Exception as error:  # a defect: whoever looks on must see that it has ended
            traceback.print_exc()
            self.error = f"Defect in the program: {type(error).__name__}: {error}"
