"""From a delivery to a case: what is written, and what is not when something goes wrong in between."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dls.domain import Sequence
from dls.errors import ConflictError, GeometryError, InputError
from dls.imaging.archive import ImageArchive
from dls.imaging.delivery import Delivery, received, volumes
from dls.imaging.reception import receive
from dls.imaging.roi import Outline
from dls.imaging.sources import folder_files
from dls.intake import case_import
from dls.intake.case_import import Confirmed, discard, finish, finish_all, import_case, imported
from dls.study import imports
from dls.study.audit import verify
from dls.study.cases import NewCase
from dls.study.store import Store
from tests.imaging.series import OBLIQUE, change, write_study
from tests.study.tiny_study import new_case, row_counts

OUTLINE = Outline.of([OBLIQUE.to_patient([(3, 3, 2), (9, 3, 2), (6, 9, 2)]).tolist()])


def certain(delivery: Delivery) -> Confirmed:
    return Confirmed(delivery.suggestion, by_person=False)


def files(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file() and "study.db" not in p.name}


def test_a_delivery_becomes_a_case(store: Store, home: Path, delivery: Delivery, case: NewCase) -> None:
    done = import_case(store, home, delivery, certain(delivery), case=case, outline=OUTLINE, by=1)
    assert (done.case_id, done.code, done.missing) == (1, "P-01", ())
    assert done.models == tuple("ABCDEFG")
    archive = ImageArchive(home / "images")
    expected = volumes(delivery, delivery.suggestion)
    for sequence, volume in archive.volumes(1).items():
        np.testing.assert_array_equal(volume.voxels, expected[sequence].voxels)
    kept = archive.outline(1)
    assert kept is not None
    assert kept.to_lists() == OUTLINE.to_lists()
    (written,) = imports.of_case(store, 1)
    assert written.removed["removed"]["AcquisitionTime"] == 32
    assert written.series["T2"]["confirmed"] == "certain by its header"
    assert written.series["T2"]["reasons"] == ["spin echo", "TE 90 ms", "named T2", "fat-suppressed"]
    assert verify(store).ok
    assert not (delivery.folder / "arriving" / "1").exists()


def test_three_unenhanced_sequences_run_b_d_and_g(
    store: Store, home: Path, tmp_path: Path, case: NewCase
) -> None:
    study = write_study(tmp_path / "three", (Sequence.T2, Sequence.DWI, Sequence.PRE))
    delivery = receive(folder_files(study), home, "folder")
    by_echo = {stack.first.echo_time: stack.uid for stack in delivery.stacks}
    stacks = {Sequence.T2: by_echo[90], Sequence.DWI: by_echo[60], Sequence.PRE: by_echo[1.4]}
    done = import_case(store, home, delivery, Confirmed(stacks, by_person=True, why="unenhanced"), case=case)
    assert done.missing == (Sequence.ARTERIAL, Sequence.PORTAL, Sequence.EQUILIBRIUM)
    assert done.models == ("B", "D", "G")
    assert list(ImageArchive(home / "images").volumes(1)) == [Sequence.T2, Sequence.DWI, Sequence.PRE]


def test_the_same_import_again_changes_nothing(
    store: Store, home: Path, delivery: Delivery, case: NewCase
) -> None:
    first = import_case(store, home, delivery, certain(delivery), case=case)
    archive = ImageArchive(home / "images")
    archive.put(1, archive.volumes(1), OUTLINE)  # somebody drew the outline meanwhile
    rows, kept = row_counts(store), files(home)
    assert import_case(store, home, delivery, certain(delivery), case=case) == first
    assert (row_counts(store), files(home)) == (rows, kept)
    assert import_case(store, home, delivery, certain(delivery), case=case, outline=OUTLINE) == first
    other = Outline.of([OBLIQUE.to_patient([(4, 3, 2), (9, 3, 2), (6, 9, 2)]).tolist()])
    with pytest.raises(ConflictError, match="another outline"):
        import_case(store, home, delivery, certain(delivery), case=case, outline=other)


def test_another_lesion_of_the_same_patient(
    store: Store, home: Path, delivery: Delivery, case: NewCase
) -> None:
    import_case(store, home, delivery, certain(delivery), case=case)
    with pytest.raises(ConflictError, match="as case P-01"):
        import_case(store, home, delivery, certain(delivery), case=new_case(2))
    second = import_case(store, home, delivery, certain(delivery), case=new_case(2), lesion=2)
    assert second.case_id == 2
    assert ImageArchive(home / "images").has(2)
    assert store.cases()["patient"].tolist() == [1, 1]


@pytest.mark.parametrize(("number", "patients"), [("P1", [1, 1]), ("", [1, 2]), ("ANONYMOUS", [1, 2])])
def test_another_examination_is_of_the_same_patient_by_the_number_in_its_files(
    store: Store, tmp_path: Path, case: NewCase, number: str, patients: list[int]
) -> None:
    home = tmp_path / "home"
    for day, described in (("1", case), ("2", new_case(2))):
        study = write_study(tmp_path / day)
        for path in filter(Path.is_file, study.rglob("*")):
            change(path, PatientID=number, StudyInstanceUID=f"1.2.3.{day}")
        delivery = receive(folder_files(study), home, "folder")
        import_case(store, home, delivery, certain(delivery), case=described)
    assert store.cases()["patient"].tolist() == patients


def test_images_for_a_case_that_waits_for_them(
    store: Store, home: Path, delivery: Delivery, case: NewCase
) -> None:
    waiting = store.add_case(case).id
    assert not finish(store, home, waiting)
    assert import_case(store, home, delivery, certain(delivery), case_id=waiting).case_id == waiting
    assert imported(store, waiting).models == tuple("ABCDEFG")


def test_a_correction_replaces_the_images(
    store: Store, home: Path, delivery: Delivery, case: NewCase
) -> None:
    import_case(store, home, delivery, certain(delivery), case=case)
    swapped = dict(delivery.suggestion)
    swapped[Sequence.PORTAL], swapped[Sequence.ARTERIAL] = (
        swapped[Sequence.ARTERIAL],
        swapped[Sequence.PORTAL],
    )
    confirmed = Confirmed(swapped, by_person=True, why="the late phase was read as the early one")
    with pytest.raises(InputError, match="has images already"):
        import_case(store, home, delivery, confirmed, case_id=1)
    kept = [i.revision for i in imports.of_case(store, 1)]
    assert kept == [1]
    import_case(store, home, delivery, confirmed, case_id=1, reason="phases were swapped")
    assert [i.revision for i in imports.of_case(store, 1)] == [1, 2]
    assert imports.of_case(store, 1)[-1].series["Portal venous"]["confirmed"] == "by a person"


@pytest.mark.parametrize("what", ["code", "series", "outline", "lesion", "nothing"])
def test_a_failed_import_leaves_nothing(
    store: Store, home: Path, delivery: Delivery, case: NewCase, what: str
) -> None:
    if what == "code":
        store.add_case(case)
    rows, kept = row_counts(store), files(home)
    stacks = dict(delivery.suggestion)
    if what == "series":
        stacks[Sequence.DWI] = stacks[Sequence.T2]
    confirmed = Confirmed({} if what == "nothing" else stacks, by_person=True)
    outline = Outline.of([[(400.0, 0, 0), (401, 0, 0), (400, 1, 0)]]) if what == "outline" else None
    with pytest.raises((InputError, GeometryError, ConflictError)):
        import_case(
            store, home, delivery, confirmed, case=case, outline=outline, lesion=0 if what == "lesion" else 1
        )
    assert row_counts(store) == rows
    assert {n: c for n, c in files(home).items() if not n.endswith(".lock")} == kept


_CRASH = """
import os, sys
from pathlib import Path
from dls.domain import LesionClass
from dls.imaging.delivery import load, received
from dls.intake import case_import
from dls.intake.case_import import Confirmed, import_case
from dls.study import imports
from dls.study.cases import NewCase
from dls.study.store import Store
home, where = Path(sys.argv[1]), sys.argv[2]
real = imports.add
def add(*arguments, **more):
    if where == "before": os._exit(9)
    written = real(*arguments, **more)
    os._exit(9)
imports.add = add
delivery = load(home, received(home)[0])
case = NewCase("P-01", LesionClass.HCC, "histopathology", 34.0, "X 3 T", {"age": 61.0}, "import", False)
import_case(Store(home / "study.db"), home, delivery, Confirmed(delivery.suggestion, False), case=case)
"""


@pytest.mark.parametrize("where", ["before", "after"])
def test_killed_between_the_archive_and_the_database(
    store: Store, home: Path, delivery: Delivery, case: NewCase, where: str
) -> None:
    """Before the transaction nothing has happened; after it, the images are put in place by whoever comes."""
    command = [sys.executable, "-W", "error", "-c", _CRASH, str(home), where]
    assert subprocess.run(command, check=False).returncode == 9
    archive = ImageArchive(home / "images")
    assert not archive.has(1)
    assert len(store.cases()) == (where == "after")
    finish_all(store, home)
    assert archive.has(1) is (where == "after")
    done = import_case(store, home, delivery, certain(delivery), case=case)
    assert (done.case_id, len(store.cases()), len(imports.of_case(store, 1))) == (1, 1, 1)
    assert list(archive.volumes(1)) == list(Sequence)
    assert verify(store).ok


def test_images_that_were_lost_are_read_from_the_delivery_again(
    store: Store, home: Path, delivery: Delivery, case: NewCase
) -> None:
    import_case(store, home, delivery, certain(delivery), case=case)
    folder = home / "images" / "1"
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    assert finish(store, home, 1)
    assert list(ImageArchive(home / "images").volumes(1)) == list(Sequence)


def test_a_delivery_that_a_case_needs_stays(
    store: Store, home: Path, delivery: Delivery, case: NewCase
) -> None:
    import_case(store, home, delivery, certain(delivery), case=case)
    with pytest.raises(InputError, match=r"belongs to a case and stays.*P-01"):
        discard(store, home, delivery.id)
    assert received(home) == (delivery.id,)


def test_a_delivery_that_nobody_needs_goes(store: Store, home: Path, delivery: Delivery) -> None:
    discard(store, home, delivery.id)
    assert received(home) == ()


def test_a_case_without_an_import_says_so(store: Store, case: NewCase) -> None:
    with pytest.raises(InputError, match="were not imported"):
        case_import.imported(store, store.add_case(case).id)
