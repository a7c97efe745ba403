"""De-identification of an MR image as it comes in, and the account of what was done.

DICOM PS3.15 Annex E: Basic Application Level Confidentiality Profile with the Retain Patient Characteristics
and the Retain Safe Private Options (the b-values), done as an allow-list: see `deidentify_rules`.  Series
descriptions, times and dates go too, so the sequences of a study must be told apart before.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from pydicom.datadict import dictionary_VR, keyword_for_tag
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag, Tag
from pydicom.uid import ExplicitVRLittleEndian

from dls.errors import InputError
from dls.imaging import deidentify_rules as rules
from dls.imaging.admission import Kind, admit
from dls.imaging.deidentify_values import RULES, many, strings
from dls.imaging.diffusion import b_value
from dls.imaging.elements import UNREADABLE
from dls.imaging.pixels import stored_values
from dls.imaging.uid_keys import UidKeys

METHOD = "DICOM PS3.15 Annex E Basic Profile, by allow-list"
METHOD_CODES = (
    ("113100", "Basic Application Confidentiality Profile"),
    ("113108", "Retain Patient Characteristics Option"),
    ("113111", "Retain Safe Private Option"),
)
"""Code value and meaning, scheme DCM (PS3.16 CID 7050)."""

_PIXEL_DATA = Tag("PixelData")
_PSEUDONYMS = ("PatientName", "PatientID")
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class RemovalReport:
    """What became of the elements of one or more files: keyword -> number of elements, never a value.

    Private elements are named by group and element without their block, unknown ones are counted together.
    """

    removed: Mapping[str, int] = field(default_factory=dict)
    replaced: Mapping[str, int] = field(default_factory=dict)
    kept: Mapping[str, int] = field(default_factory=dict)
    files: int = 0

    @classmethod
    def total(cls, reports: Iterable[RemovalReport]) -> RemovalReport:
        """One report of several, as for the files of a study."""
        removed: Counter[str] = Counter()
        replaced: Counter[str] = Counter()
        kept: Counter[str] = Counter()
        files = 0
        for report in reports:
            removed.update(report.removed)
            replaced.update(report.replaced)
            kept.update(report.kept)
            files += report.files
        return cls._of(removed, replaced, kept, files)

    @classmethod
    def _of(
        cls, removed: Counter[str], replaced: Counter[str], kept: Counter[str], files: int
    ) -> RemovalReport:
        gone, other, same = (
            MappingProxyType(dict(sorted(counts.items()))) for counts in (removed, replaced, kept)
        )
        return cls(gone, other, same, files)


def deidentify(dataset: Dataset, keys: UidKeys, *, description: str = "") -> tuple[Dataset, RemovalReport]:
    """A new dataset without identifiers, Explicit VR Little Endian, ready to be written; and the report.

    The dataset given is not changed.  Compressed pixels are decoded (a compressed stream has comments of its
    own), and bits beyond Bits Stored, which once held overlays, are cleared.

    Parameters
    ----------
    dataset : a complete image with its file meta information, as `pydicom.dcmread` gives it
    keys : makes the pseudonyms
    description : Series Description to write, such as the name of the sequence; must not identify anyone

    Raises
    ------
    InputError
        with code `burned-in-annotation`, `secondary-capture`, `not-mr` or `colour` for an image that is not
        admitted (see `admission.admit`), `pixels` or `cut-short` when its pixels cannot be read, and
        `unreadable-header` when its elements cannot.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of values that break the standard: such values are not kept
        try:
            admit(Kind.of(dataset))
            cleaning = _Cleaning(keys)
            cleaned = cleaning.dataset(dataset)
            _identify(cleaned, dataset, keys)
            if description:
                cleaned.SeriesDescription = description
            _add_b_values(cleaned, dataset, cleaning)
            _add_pixels(cleaned, dataset)
            cleaned.file_meta = _file_meta(cleaned)
        except InputError:
            raise
        except UNREADABLE as error:
            raise InputError(
                "The header cannot be read, so nothing says what would have to be removed",
                got=type(error).__name__,
                remedy="export the image again",
                code="unreadable-header",
            ) from error
    return cleaned, RemovalReport._of(cleaning.removed, cleaning.replaced, cleaning.kept, 1)


class _Cleaning:
    """Copies what is allowed and counts."""

    def __init__(self, keys: UidKeys) -> None:
        self.keys = keys
        self.removed: Counter[str] = Counter()
        self.replaced: Counter[str] = Counter()
        self.kept: Counter[str] = Counter()

    def dataset(self, source: Dataset, depth: int = 0) -> Dataset:
        """The allowed elements of a dataset or item."""
        cleaned = Dataset()
        for tag in sorted(source.keys()):
            if tag != _PIXEL_DATA or depth:
                self._element(source, tag, cleaned, depth)
        return cleaned

    def _element(self, source: Dataset, tag: BaseTag, cleaned: Dataset, depth: int) -> None:
        keyword = keyword_for_tag(tag)
        if keyword in rules.SEQUENCES and depth < _DEEPEST:
            items = [self.dataset(item, depth + 1) for item in _items(source, tag)]
            cleaned.add_new(tag, "SQ", items)
            self.kept[keyword] += 1
            return
        if keyword in _PSEUDONYMS and not depth:
            self.replaced[keyword] += 1
            return
        rule = RULES.get(keyword)
        before = None if rule is None else _value(source, tag)
        after = None if rule is None or before is None else rule(keyword, before, self.keys)
        if after is None:
            self.removed[_name(tag)] += 1
            return
        cleaned.add_new(tag, _representation(tag, source), after)
        unchanged = keyword not in rules.UIDS and strings(before) == strings(after)
        (self.kept if unchanged else self.replaced)[keyword] += 1


def _value(source: Dataset, tag: BaseTag) -> Any:
    """Value of an element; None where it does not have the form of its representation, or is empty."""
    try:
        value = source[tag].value
    except UNREADABLE:
        return None
    empty = value is None or (isinstance(value, (str, bytes, MultiValue, list)) and len(value) == 0)
    return None if empty or isinstance(value, bytes) else value


def _items(source: Dataset, tag: BaseTag) -> list[Dataset]:
    value = source[tag].value
    return [item for item in value if isinstance(item, Dataset)] if isinstance(value, Iterable) else []


def _name(tag: BaseTag) -> str:
    """Keyword for the report; nothing of the file gets into it but numbers of elements."""
    if tag.is_private:
        return f"private ({tag.group:04X},xx{tag.element & 0xFF:02X})"
    return keyword_for_tag(tag) or "unknown elements"


def _representation(tag: BaseTag, source: Dataset) -> str:
    """VR by the dictionary; of two, the one that the sign of the pixels asks for."""
    vr = dictionary_VR(tag)
    if vr == "US or SS":
        return "SS" if source.get("PixelRepresentation", 0) == 1 else "US"
    return vr


def _identify(cleaned: Dataset, source: Dataset, keys: UidKeys) -> None:
    """Pseudonyms, empty elements, and the mark that the identity was removed (PS3.15 E.1.1)."""
    pseudonym = keys.pseudonym(str(source.get("PatientID", "") or ""))
    cleaned.PatientName = cleaned.PatientID = pseudonym
    for keyword in sorted(rules.EMPTY):
        setattr(cleaned, keyword, "")
    cleaned.PatientIdentityRemoved = "YES"
    cleaned.DeidentificationMethod = METHOD
    cleaned.DeidentificationMethodCodeSequence = [_method(*code) for code in METHOD_CODES]
    cleaned.LongitudinalTemporalInformationModified = "REMOVED"


def _method(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
    return item


def _add_b_values(cleaned: Dataset, source: Dataset, cleaning: _Cleaning) -> None:
    """The b-value in the standard's element and, where it was there, in the vendor's."""
    for creator, group, element, vr in rules.SAFE_PRIVATE:
        value = _private_number(source, creator, group, element)
        if value is not None:
            number = int(value) if vr == "IS" else value
            cleaned.private_block(group, creator, create=True).add_new(element, vr, number)
            name = f"private ({group:04X},xx{element:02X})"
            cleaning.removed[name] -= 1
            cleaning.removed += Counter()
            cleaning.kept[name] += 1
    b = b_value(source)
    if b is not None and 0 <= b <= rules.LARGEST_B and "PerFrameFunctionalGroupsSequence" not in cleaned:
        cleaned.DiffusionBValue = b


def _private_number(source: Dataset, creator: str, group: int, element: int) -> float | None:
    """First value of a private element, as a number of at most ten digits (GE adds 1e9 to b)."""
    try:
        value = source.private_block(group, creator)[element].value
    except KeyError:
        return None
    text = str(many(value)[0] if many(value) else "").strip()
    if rules.DECIMAL.fullmatch(text) is None or not 0 <= float(text) < 2e9:
        return None
    return float(text)


def _add_pixels(cleaned: Dataset, source: Dataset) -> None:
    """Stored values, plain and little-endian, as many as the header says."""
    values = stored_values(source)
    if "NumberOfFrames" in cleaned:
        cleaned.NumberOfFrames = len(values)
    raw = values.astype(values.dtype.newbyteorder("<")).tobytes()
    cleaned.BitsAllocated = 8 * values.dtype.itemsize
    cleaned.HighBit = int(cleaned.BitsStored) - 1
    cleaned.add_new(_PIXEL_DATA, "OW", raw + b"\0" * (len(raw) % 2))


def _file_meta(cleaned: Dataset) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = cleaned.SOPClassUID
    meta.MediaStorageSOPInstanceUID = cleaned.SOPInstanceUID
    return meta
