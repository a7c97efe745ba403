import pytest

from dls.domain import ALL_SEQUENCES, UNENHANCED, Sequence
from dls.errors import InputError
from dls.imaging.headers import read_headers
from dls.imaging.importer import import_study, survey
from dls.imaging.sequence_choice import LIKELY, choose
from dls.imaging.sequence_typing import candidates
from dls.imaging.stacks import stacks
from tests.imaging.real_files import SIEMENS, real
from tests.imaging.series import uid, write_sequence, write_study

S = Sequence


def typed(folder):
    found = stacks(read_headers(folder))
    return candidates(found), found


def chosen(folder, required=ALL_SEQUENCES, assignment=None):
    found, all_stacks = typed(folder)
    return {s: stack.uid for s, stack in choose(found, all_stacks, required, assignment).items()}


EXPECTED = {s: uid(s) for s in Sequence}


def test_a_plain_study(study):
    assert chosen(study) == EXPECTED
    first = {c.sequence: c for c in reversed(typed(study)[0])}
    assert first[S.T2].reasons == ("spin echo", "TE 90 ms", "named T2", "fat-suppressed")
    assert "18 s after the contrast agent" in first[S.ARTERIAL].reasons
    assert "120 s before the contrast agent" in first[S.PRE].reasons


def test_names_alone_tell_the_phases(tmp_path):
    names = dict(zip(ALL_SEQUENCES[2:], ("LAVA pre", "LAVA_AP", "LAVA PVP", "LAVA delayed"), strict=True))
    write_study(tmp_path, UNENHANCED[:2])
    for sequence, name in names.items():
        write_sequence(
            tmp_path, sequence, SeriesDescription=name, ContrastBolusStartTime="", AcquisitionTime=""
        )
    assert chosen(tmp_path) == EXPECTED


def test_chinese_names(tmp_path):
    names = dict(zip(ALL_SEQUENCES[2:], ("平扫", "动脉期", "门脉期", "平衡期"), strict=True))
    write_study(tmp_path, UNENHANCED[:2])
    for sequence, name in names.items():
        write_sequence(
            tmp_path,
            sequence,
            SpecificCharacterSet="ISO_IR 192",
            SeriesDescription=name,
            ContrastBolusStartTime="",
            AcquisitionTime="",
        )
    assert chosen(tmp_path) == EXPECTED


def test_order_and_gaps_stand_in_for_the_contrast_time(tmp_path):
    write_study(tmp_path, UNENHANCED[:2])
    for sequence in ALL_SEQUENCES[2:]:
        write_sequence(tmp_path, sequence, ContrastBolusStartTime="")
    assert chosen(tmp_path) == EXPECTED


def test_times_scrambled_on_export_are_not_believed(tmp_path):
    """Four equal volumes a minute apart could be anything: ask."""
    write_study(tmp_path, UNENHANCED[:2])
    for sequence, time in zip(ALL_SEQUENCES[2:], ("100000", "100300", "100600", "100900"), strict=True):
        write_sequence(tmp_path, sequence, ContrastBolusStartTime="", AcquisitionTime=time)
    with pytest.raises(InputError, match=r"not certain which series is T1 pre-contrast.*pre=SERIES_UID"):
        chosen(tmp_path)


def test_a_name_against_the_time_is_asked_about(tmp_path):
    write_study(tmp_path)
    write_sequence(
        tmp_path / "again", S.ARTERIAL, SeriesDescription="VIBE portal venous", SeriesInstanceUID="1.2.3.4"
    )
    for path in (tmp_path / "arterial").glob("*"):
        path.unlink()
    with pytest.raises(InputError, match=r"not certain which series is (Late arterial|Portal venous)"):
        chosen(tmp_path)


def test_midnight_between_contrast_and_image(tmp_path):
    write_study(tmp_path, UNENHANCED[:2])
    times = ("235500", "235950", "000030", "000240")
    for sequence, time in zip(ALL_SEQUENCES[2:], times, strict=True):
        write_sequence(tmp_path, sequence, ContrastBolusStartTime="235930", AcquisitionTime=time)
    assert chosen(tmp_path) == EXPECTED


def test_the_b_value_nearest_800_is_taken_from_a_series_of_several(tmp_path):
    write_study(tmp_path, tuple(s for s in S if s is not S.DWI))
    for b in (0.0, 50.0, 800.0):
        write_sequence(tmp_path, S.DWI, DiffusionBValue=b)
    assert chosen(tmp_path) == EXPECTED | {S.DWI: "1.2.3.2#b 800"}


def test_hepatobiliary_and_opposed_phase_images_are_no_dynamic_phase(tmp_path):
    write_study(tmp_path)
    write_sequence(
        tmp_path / "hbp",
        S.EQUILIBRIUM,
        SeriesInstanceUID="1.2.3.70",
        SeriesDescription="VIBE hepatobiliary 20min",
        AcquisitionTime="102000",
    )
    write_sequence(
        tmp_path / "opposed",
        S.PRE,
        SeriesInstanceUID="1.2.3.71",
        SeriesDescription="T1 in-phase",
        EchoTime=2.2,
    )
    assert chosen(tmp_path) == EXPECTED


def test_localizer_and_coronal_t2_do_not_stand_in_the_way(tmp_path):
    write_study(tmp_path)
    write_sequence(tmp_path / "loc", S.T2, SeriesInstanceUID="1.2.3.80", SeriesDescription="T2 localizer")
    assert chosen(tmp_path) == EXPECTED


def test_two_equal_candidates_are_both_named(tmp_path):
    write_study(tmp_path)
    write_sequence(tmp_path / "second", S.T2, SeriesInstanceUID="1.2.3.90", SeriesNumber=9)
    with pytest.raises(InputError, match=r"not certain which series is T2") as info:
        chosen(tmp_path)
    assert "[1.2.3.1]" in str(info.value)
    assert "[1.2.3.90]" in str(info.value)
    assert chosen(tmp_path, assignment={S.T2: "1.2.3.90"}) == EXPECTED | {S.T2: "1.2.3.90"}


@pytest.mark.parametrize("missing", list(S))
def test_a_missing_sequence_is_named_and_may_be_done_without(tmp_path, missing):
    rest = tuple(s for s in S if s is not missing)
    write_study(tmp_path, rest)
    with pytest.raises(InputError, match=f"{missing}"):
        chosen(tmp_path)
    assert set(chosen(tmp_path, required=rest)) == set(rest)


class TestRealStudy:
    """A Siemens study without descriptions and times, anonymised; of the head, but typed by its physics."""

    @pytest.fixture
    def folder(self):
        return real(f"{SIEMENS}/5/DICOM/*.dcm")[0].parents[2]

    def test_physics_tells_t2_and_diffusion(self, folder):
        found, typing = survey(folder)
        assert len(found) == 16
        taken = choose(typing, found, (Sequence.T2, Sequence.DWI))
        assert (taken[Sequence.T2].first.series_number, taken[Sequence.T2].first.echo_time) == (11, 90)
        assert (taken[Sequence.DWI].first.b_value, len(taken[Sequence.DWI].headers)) == (1000, 21)
        assert not any("ADC" in c.title for c in typing)

    def test_fluid_attenuated_images_are_no_t2(self, folder):
        flair = [c for c in survey(folder)[1] if any("fluid-attenuated" in r for r in c.reasons)]
        assert all(c.confidence < LIKELY for c in flair)

    @pytest.mark.parametrize("sequence", ALL_SEQUENCES[2:])
    def test_what_is_not_there_is_named(self, folder, sequence):
        with pytest.raises(InputError, match=f"The study has no {sequence} sequence"):
            import_study(folder, required=(sequence,))


def test_three_unenhanced_without_a_word_or_a_time_are_asked_about_and_then_taken(tmp_path):
    """Nothing but parameters: a T1 volume may be any phase, so a person says which."""
    write_sequence(tmp_path, Sequence.T2, SeriesDescription="")
    write_sequence(tmp_path, Sequence.DWI, SeriesDescription="")
    bare = {"SeriesDescription": "", "ContrastBolusStartTime": "", "AcquisitionTime": ""}
    write_sequence(tmp_path, Sequence.PRE, **bare)
    with pytest.raises(InputError, match=r"not certain which series is T1 pre-contrast.*T1 gradient echo"):
        import_study(tmp_path, required=UNENHANCED)
    imported = import_study(tmp_path, required=UNENHANCED, assignment={Sequence.PRE: uid(Sequence.PRE)})
    assert tuple(imported.volumes) == UNENHANCED


class TestAssignment:
    def test_unknown_series(self, study):
        with pytest.raises(InputError, match="T2 is assigned to a series that is not there"):
            chosen(study, assignment={S.T2: "9.9"})

    def test_series_of_several_volumes(self, tmp_path):
        write_study(tmp_path, tuple(s for s in S if s is not S.DWI))
        for b in (0.0, 800.0):
            write_sequence(tmp_path, S.DWI, DiffusionBValue=b)
        with pytest.raises(
            InputError, match=r"DWI is assigned to a series of several volumes.*#b 0, .*#b 800"
        ):
            chosen(tmp_path, assignment={S.DWI: "1.2.3.2"})
        assert chosen(tmp_path, assignment={S.DWI: "1.2.3.2#b 0"})[S.DWI] == "1.2.3.2#b 0"

    def test_one_series_for_two_sequences(self, study):
        with pytest.raises(InputError, match=r"would serve several sequences.*T2 and DWI"):
            chosen(study, assignment={S.T2: uid(S.T2), S.DWI: uid(S.T2)})

    def test_an_assigned_series_is_not_a_candidate_elsewhere(self, study):
        swapped = {S.PORTAL: uid(S.ARTERIAL), S.ARTERIAL: uid(S.PORTAL)}
        assert chosen(study, assignment=swapped) == EXPECTED | swapped
