"""A whole table of cases into the study, with their images where the table says where they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from dls.domain import Sequence
from dls.errors import InputError
from dls.imaging.delivery import Delivery, scanner
from dls.imaging.reception import receive
from dls.imaging.sequence_choice import choose
from dls.imaging.sources import folder_files
from dls.imaging.zip_archive import unpacked, zip_files
from dls.intake.case_import import Confirmed, import_case
from dls.intake.clinical_table import SCANNER_UNKNOWN, CaseRow, CaseTable
from dls.intake.comparison import check_same
from dls.progress import Progress
from dls.study.store import Store


@dataclass(frozen=True, slots=True)
class TableImport:
    """What a table led to: codes of the cases added, of those that were there, and of those with images."""

    added: tuple[str, ...]
    present: tuple[str, ...]
    with_images: tuple[str, ...]


def add_cases(store: Store, table: CaseTable, by: int | None = None) -> TableImport:
    """Add the cases of a table, all or none; cases that are there already, as the table has them, stay.

    Raises
    ------
    InputError
        when the table names images, which `import_table` reads.
    ConflictError
        when a case is there with other data, or the readers' order has been drawn.
    """
    imaged = [row.case.code for row in table.rows if row.images]
    if imaged:
        raise InputError(
            "The table names images, which lie on the server and not in the table",
            got=", ".join(imaged[:5]),
            remedy="import it with `import csv`, or remove the column",
        )
    present = _present(store, table)
    fresh = [row.case for row in table.rows if row.case.code not in present]
    store.add_cases(fresh, by)
    return TableImport(tuple(case.code for case in fresh), present, ())


def import_table(
    store: Store,
    home: Path,
    table: CaseTable,
    beside: Path,
    *,
    required: tuple[Sequence, ...],
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> TableImport:
    """Add the cases of a table; a row with images becomes a case together with them, one after the other.

    Cases without images come first, all or none.  Started again after a stop or an error, it goes on with the
    rows that are not there yet.

    Parameters
    ----------
    beside : folder that paths of images are relative to
    required : sequences without which a study is refused

    Raises
    ------
    InputError, GeometryError, ConflictError
        with the row, when its case or images cannot be taken; earlier rows stay.
    StoppedError
        when `cancelled` says so.
    """
    places = {row.case.code: _place(row, beside) for row in table.rows if row.images}
    present = _present(store, table)
    plain = [row.case for row in table.rows if not row.images and row.case.code not in present]
    if plain:
        store.add_cases(plain)
    imaged = [row for row in table.rows if row.images]
    for done, row in enumerate(imaged):
        if progress is not None:
            progress(done, len(imaged), "studies")
        try:
            delivery = receive_path(home, places[row.case.code], cancelled=cancelled)
            stacks = {s: k.uid for s, k in choose(delivery.candidates, delivery.stacks, required).items()}
            case = row.case
            if case.scanner == SCANNER_UNKNOWN:
                case = replace(case, scanner=scanner(delivery))
            import_case(store, home, delivery, Confirmed(stacks, by_person=False), case=case)
        except InputError as error:
            raise error.at(f"Row {row.number}, {row.case.code}") from error
    if progress is not None and imaged:
        progress(len(imaged), len(imaged), "studies")
    added = [row.case.code for row in table.rows if row.case.code not in present]
    return TableImport(tuple(added), present, tuple(row.case.code for row in imaged))


def receive_path(
    home: Path,
    path: Path,
    *,
    source: str = "",
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Delivery:
    """Receive the study in a folder or a zip archive.

    Parameters
    ----------
    source : kind of source, where it is another than the path shows

    Raises
    ------
    InputError, StoppedError, ConflictError
        see `reception.receive`.
    """
    if path.is_file():
        total, files = len(zip_files(path)), unpacked(path)
        return receive(files, home, source or "zip", total=total, progress=progress, cancelled=cancelled)
    listed = folder_files(path)
    return receive(
        listed, home, source or "folder", total=len(listed), progress=progress, cancelled=cancelled
    )


def _place(row: CaseRow, beside: Path) -> Path:
    path = beside / row.images
    if not path.exists():
        raise InputError(
            f"Row {row.number}, column images: there is no such folder or archive",
            expected=f"a path relative to {beside}",
            got=row.images,
        )
    return path


def _present(store: Store, table: CaseTable) -> tuple[str, ...]:
    """Codes of cases that are there already with the same data.

    Raises
    ------
    ConflictError
        when a case of the same code has other data.
    """
    codes = store.cases()["code"]
    there = dict(zip(codes, codes.index.tolist(), strict=True))
    present = [row for row in table.rows if row.case.code in there]
    for row in present:
        check_same(store.case(there[row.case.code]), row.case)
    return tuple(row.case.code for row in present)
