"""What every page and route works on: the study store, the image archive and images on demand."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from dls.case_regions import update_regions
from dls.configuration import Configuration, configuration
from dls.errors import InputError
from dls.home import default_home
from dls.imaging.archive import ImageArchive
from dls.intake.case_import import finish, finish_all
from dls.nn.feature_store import FeatureStore
from dls.study.opened import open_study_id
from dls.study.store import Store
from dls.ui.image_renderer import ImageRenderer


def home() -> Path:
    """Folder of the running study."""
    return default_home()


def settings() -> Configuration:
    """Configuration of the server."""
    return configuration(home())


def idle_timeout() -> timedelta:
    """Time after which an idle sign-in ends."""
    return timedelta(minutes=settings().idle_minutes)


def store() -> Store:
    """Store of the open study of this home; holds no connection, so that it may be shared."""
    path = home() / "study.db"
    return _store(path, open_study_id(_store(path, 1)))


def archive() -> ImageArchive:
    """Image archive of this home."""
    return ImageArchive(home() / "images")


def features() -> FeatureStore:
    """Features of the study's cases, as each model package gave them."""
    return FeatureStore(home() / "features")


def ensure_images(case_id: int) -> ImageArchive:
    """The archive, once it holds the images of a case; a phantom's are rendered now (about a second).

    Blocks; safe from several threads, which render one case once.

    Raises
    ------
    InputError
        when the images are missing and the case is not a phantom, or rendering failed.
    """
    images = archive()
    if images.has(case_id):
        return images
    source = store().case(case_id).image_source
    if not source.startswith("phantom:"):
        if finish(store(), home(), case_id):
            return images
        raise InputError(
            "The images of this case are missing from the archive",
            expected=f"a folder {case_id} in {home() / 'images'}",
            remedy="restore the archive from its backup, or import the case again",
        )
    _renderer(home() / "images").render(case_id, source)
    return images


def ensure_regions(case_id: int) -> ImageArchive:
    """The archive, once it holds the images of a case with the newest outline; blocks as `ensure_images`."""
    images = ensure_images(case_id)
    update_regions(store(), images, case_id)
    return images


def prefetch(case_id: int) -> None:
    """Ask for a case's images without waiting, so that they are there when the reader gets to it."""
    if not archive().has(case_id):
        _renderer(home() / "images").submit(ensure_images, case_id)


@lru_cache(maxsize=32)
def _store(path: Path, study_id: int) -> Store:
    found = Store(path, study_id=study_id)
    finish_all(found, path.parent)
    return found


@lru_cache(maxsize=4)
def _renderer(root: Path) -> ImageRenderer:
    return ImageRenderer(root)
