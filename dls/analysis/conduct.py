"""How a study was run, as far as it is stored: readers, washouts, interim looks, de-identification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dls.analysis.dataset import StudyData
from dls.study.imports import Import, newest
from dls.study.looks import looks_made
from dls.study.profiles import ReaderProfile, profiles
from dls.study.sessions import WashoutOverride, overrides
from dls.study.store import Store


@dataclass(frozen=True, slots=True)
class Deidentification:
    """What was taken out of the headers of imported images.

    Parameters
    ----------
    cases : cases with imported images
    files : images, those of several lesions of a patient counted once
    removed, replaced : elements of their headers that were left out, or got another value
    """

    cases: int
    files: int
    removed: int
    replaced: int


@dataclass(frozen=True, slots=True)
class Conduct:
    """What was noted while the study ran.

    Parameters
    ----------
    profiles : name of a reader -> experience and specialty, of those who have them noted
    overrides : washouts that were opened early, the oldest first, with the name of the reader
    looks : recorded looks at interim results, until the newest of the data
    deidentified : None where no images were imported
    """

    profiles: Mapping[str, ReaderProfile]
    overrides: tuple[tuple[str, WashoutOverride], ...]
    looks: int
    deidentified: Deidentification | None


def conduct(store: Store, data: StudyData, until: datetime) -> Conduct:
    """What is known of how the study was run.

    Parameters
    ----------
    until : time of the newest of the data; looks after it, such as that of making a report, do not count
    """
    names, noted = {r.reader_id: r.name for r in data.readers}, profiles(store)
    return Conduct(
        profiles={name: noted[i] for i, name in names.items() if i in noted},
        overrides=tuple((names[o.reader_id], o) for o in overrides(store) if o.reader_id in names),
        looks=looks_made(store, until),
        deidentified=_deidentified([i for i in newest(store) if i.case_id in data.cases.index]),
    )


def _deidentified(imports: list[Import]) -> Deidentification | None:
    deliveries = {i.delivery: i for i in imports}.values()
    if not deliveries:
        return None
    counted = {
        kind: sum(sum(i.removed[kind].values()) for i in deliveries) for kind in ("removed", "replaced")
    }
    return Deidentification(len(imports), sum(i.files for i in deliveries), **counted)
