"""Signs readings without end and prints the code of each that was acknowledged; it is killed by its test."""

from __future__ import annotations

import sys

from dls.domain import LesionClass
from dls.study.reading import Entry, save_draft, sign, worklist
from dls.study.store import Store


def main(path: str, reader_id: int) -> None:
    store = Store(path)
    for one in worklist(store, reader_id):
        if one.status != "signed":
            save_draft(store, reader_id, one.code, {"lesion_class": 4})
            sign(store, reader_id, one.code, Entry(LesionClass.HCC, 80, comment="x" * 500))
            print(one.code, flush=True)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
