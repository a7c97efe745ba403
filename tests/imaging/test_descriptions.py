import re

import pytest

from dls.domain import Sequence
from dls.imaging import sequence_typing as typing
from dls.imaging.descriptions import cleaned

DESCRIPTIONS = (
    "T2_TSE_fs_tra_p2",
    "t2_haste_fs_cor_mbh",
    "Ax T2 FRFSE Resp Trig",
    "DWI_b50_400_800_tra | ep2d_diff_b50_400_800_TRACEW",
    "eDWI ASSET b800",
    "t1_vibe_fs_tra_bh_pre",
    "Ax LAVA-Flex pre-con",
    "t1_vibe_dixon_tra_arterial",
    "eTHRIVE_dyn late art",
    "mDIXON portal venous",
    "PVP",
    "AP 20s",
    "equilibrium 3min",
    "delayed EP",
    "C-pre",
    "C+A",
    "C+V",
    "C+Delay",
    "hepatobiliary 20 min",
    "hepato-biliary",
    "transition",
    "3-plane localizer",
    "survey",
    "T1 动脉期 横断",
    "平扫",
    "T2 压脂",
    "DWI 弥散",
    "unenhanced",
    "non-con T1",
)
PATTERNS = (
    *typing._WORDS.values(),
    typing._OTHER_PHASE,
    r"T2",
    r"fs|fat ?sat|spair|spir|stir|压脂",
    r"dwi|diff|dw\b|弥散|扩散",
    r"localizer|scout|survey|定位",
    r"\b\*?(tse|fse|haste|ssfse|se)\b|\*tse|\*h[0-9]",
)


@pytest.mark.parametrize("description", DESCRIPTIONS)
def test_typing_reads_the_same_in_the_cleaned_description(description: str) -> None:
    def found(text: str) -> list[bool]:
        spaced = text.replace("_", " ")
        return [re.search(pattern, spaced, re.IGNORECASE) is not None for pattern in PATTERNS]

    assert found(cleaned(description)) == found(description)


@pytest.mark.parametrize(
    ("description", "kept"),
    [
        ("T2 TSE Müller^Hans 1957-03-02", "T2 TSE"),
        ("Leber Frau Schmidt", "Leber"),
        ("dyn_KOWALSKI_art", "dyn art"),
        ("T1 动脉期 张伟", "T1 动脉期"),
        ("PID 4711234 vibe", "vibe"),
        ("Ax LAVA-Flex +C Arterial Doe", "Ax LAVA Flex +C Arterial"),
        ("T2MUELLER", ""),
        ("Tse Wong", "Tse"),
        ("", ""),
    ],
)
def test_what_is_no_term_is_dropped(description: str, kept: str) -> None:
    assert cleaned(description) == kept


def test_cleaning_twice_changes_nothing() -> None:
    for description in DESCRIPTIONS:
        assert cleaned(cleaned(description)) == cleaned(description)


def test_every_phase_keeps_its_word() -> None:
    for sequence, said in zip(typing.DYNAMIC, ("pre", "arterial", "portal", "equilibrium"), strict=True):
        assert cleaned(f"Doe {said} John") == said
        assert re.search(typing._WORDS[sequence], said), Sequence(sequence)
