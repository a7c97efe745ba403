"""Jobs that a command does: on the images as they are drawn on now."""

from argparse import Namespace
from pathlib import Path

import pytest

from dls.cli.study_jobs import do_job
from dls.imaging.archive import ImageArchive
from dls.imaging.regions import Regions
from dls.jobs import works
from dls.jobs.context import JobContext
from dls.study import outlines
from dls.study.jobs import Job
from tests.imaging.test_archive import OUTLINE, volumes
from tests.study.tiny_study import tiny_study


def test_a_job_sees_the_newest_outline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store, archive = tiny_study(tmp_path / "study.db"), ImageArchive(tmp_path / "images")
    archive.put(2, volumes(), None)
    drawn = Regions.of_outline(OUTLINE).to_record()
    outlines.save(store, 2, drawn, after=0)  # and killed before the archive had it

    def look(context: JobContext, job: Job) -> str:
        return f"outlined: {context.images(2).outline(2) is not None}"

    monkeypatch.setattr(works, "WORKS", {"look": look})
    assert do_job(Namespace(home=tmp_path), "look", {}) == 0
    assert capsys.readouterr().out == "outlined: True\n"
    assert archive.drawn_record(2) == drawn
