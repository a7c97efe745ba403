"""Group sets: what is refused, selection by patient, and the file."""

from dataclasses import fields, replace

import numpy as np
import pytest

from dls.domain import Task
from dls.errors import InputError
from dls.nn.data import GroupSet


def test_file_gives_back_every_part(groups, tmp_path):
    groups.save(tmp_path / "new" / "groups.npz")
    again = GroupSet.load(tmp_path / "new" / "groups.npz")
    for field in fields(GroupSet):
        np.testing.assert_array_equal(getattr(again, field.name), getattr(groups, field.name))
    assert again.sha256 == groups.sha256
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["groups.npz"]


def test_hash_changes_with_any_part(groups):
    pixels = groups.pixels.copy()
    pixels[0, 0, 0, 0] += 1
    others = [
        replace(groups, pixels=pixels),
        replace(groups, clinical=1 - groups.clinical),
        replace(groups, preprocessing_version="other"),
        replace(groups, lesion_class=groups.lesion_class[::-1].copy()),
    ]
    assert len({g.sha256 for g in (groups, *others)}) == 5


def test_selection_keeps_each_patients_own_groups(groups):
    some = groups.select(np.array([5, 2]))
    assert some.codes.tolist() == ["T-0005", "T-0002"]
    assert some.lesion_class.tolist() == [5, 2]
    for new, old in enumerate((5, 2)):
        np.testing.assert_array_equal(some.pixels[some.patient == new], groups.pixels[groups.patient == old])
        np.testing.assert_array_equal(some.clinical[new], groups.clinical[old])


def test_task_selects_its_patients_and_their_targets(groups):
    malignant, target = groups.for_task(Task.MALIGNANT_THREE_WAY)
    assert malignant.lesion_class.tolist() == [4, 5, 6, 4, 5, 6]
    assert target.tolist() == [0, 1, 2, 0, 1, 2]
    everyone, target = groups.for_task(Task.BENIGN_MALIGNANT)
    assert everyone is groups
    assert target.tolist() == [0, 0, 0, 0, 1, 1, 1] * 2


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("pixels", lambda g: g.pixels[..., :3], r"\(28, size, size, 6\)"),
        ("pixels", lambda g: g.pixels[:, :16], r"\(28, size, size, 6\)"),
        ("pixels", lambda g: np.full_like(g.pixels, np.nan), "not finite"),
        ("patient", lambda g: g.patient[:-1], r"\(27, size"),
        ("patient", lambda g: np.zeros_like(g.patient), "at least one image group"),
        ("patient", lambda g: g.patient + 1, "at least one image group"),
        ("codes", lambda g: np.full_like(g.codes, "T"), "occurs twice"),
        ("lesion_class", lambda g: g.lesion_class + 1, "Unknown lesion class"),
        ("clinical", lambda g: g.clinical[1:], "do not match the patients"),
    ],
)
def test_inconsistent_parts_are_refused(groups, part, change, message):
    with pytest.raises(InputError, match=message):
        replace(groups, **{part: change(groups)})


def test_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"No file of image groups.*absent\.npz"):
        GroupSet.load(tmp_path / "absent.npz")


def test_other_files_are_refused(tmp_path):
    text, truncated, partial = (tmp_path / name for name in ("text.npz", "truncated.npz", "partial.npz"))
    text.write_text("case,score\n")
    np.savez(partial, pixels=np.zeros(3))
    truncated.write_bytes(partial.read_bytes()[:100])
    for path in (text, truncated, partial):
        with pytest.raises(InputError, match="is not a file of image groups"):
            GroupSet.load(path)


def test_pixels_are_mapped_and_damage_in_them_is_found(groups, tmp_path):
    path = tmp_path / "groups.npz"
    groups.save(path)
    again = GroupSet.load(path)
    assert isinstance(again.pixels.base, np.memmap)
    groups.save(path)  # the mapped file stays as it was
    np.testing.assert_array_equal(again.pixels, groups.pixels)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"pixels\.npy is damaged"):
        GroupSet.load(path)
    np.savez_compressed(path, **{f.name: np.asarray(getattr(groups, f.name)) for f in fields(GroupSet)})
    with pytest.raises(InputError, match="compressed"):
        GroupSet.load(path)


@pytest.mark.parametrize("part", ["preprocessing_version", "clinical_coding_version"])
def test_groups_of_another_version_are_refused(groups, tmp_path, part):
    replace(groups, **{part: "0"}).save(tmp_path / "old.npz")
    with pytest.raises(InputError, match=rf"another version.*{part.replace('_', ' ')} .*Got: 0"):
        GroupSet.load(tmp_path / "old.npz")


def test_persons_stay_with_their_lesions(groups, tmp_path):
    person = np.array([4, 4, *range(10, 22)])
    several = replace(groups, person=person)
    assert (groups.persons, several.persons) == (14, 13)
    assert several.sha256 != groups.sha256
    several.save(tmp_path / "several.npz")
    again = GroupSet.load(tmp_path / "several.npz")
    np.testing.assert_array_equal(again.person, person)
    assert again.sha256 == several.sha256
    assert again.select(np.array([5, 1])).person.tolist() == [13, 4]
    malignant, _ = again.for_task(Task.MALIGNANT_THREE_WAY)
    assert malignant.person.tolist() == [12, 13, 14, 19, 20, 21]
    with pytest.raises(InputError, match="Persons do not match"):
        replace(groups, person=person[1:])
