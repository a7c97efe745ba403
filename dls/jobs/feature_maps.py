"""Maps of stored features, and new cases in maps that exist, in a process of their own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dls import embedding
from dls.errors import InputError
from dls.jobs.context import JobContext
from dls.jobs.prediction import chosen_packages
from dls.nn.package import ModelPackage
from dls.study.embeddings import newest_settings
from dls.study.jobs import Job

MAP_KIND, PROJECT_KIND = "map", "project"


def map_features(context: JobContext, job: Job) -> str:
    """Map the stored features of all cases of a model; settings: `letter`, `method` (tsne or umap)."""
    letter, method = str(job.settings["letter"]), _method(job)
    package = chosen_packages(context, [letter])[letter]
    hidden, case_id, group = context.features.gather(package.sha256, _cases(context, package.sha256))
    settings = {**embedding.SETTINGS[method], **job.settings.get("settings", {})}
    xy = context.run(embedding.FIT[method], hidden, alone=True, progress=context.progress, **settings)
    kept = {**settings, "package": package.sha256}
    context.store.add_embedding(letter, method, case_id, group, xy, settings=kept)
    return f"{len(xy)} image groups of {len(np.unique(case_id))} cases"


def project_cases(context: JobContext, job: Job) -> str:
    """Put cases that have features but no place on the newest map into it; its other points stay.

    Settings as for `map_features`.
    """
    letter, method = str(job.settings["letter"]), _method(job)
    package = chosen_packages(context, [letter])[letter]
    old, kept = _standing_map(context, package, method)
    projected = kept.get("projected", [])
    fitted = old[~old["case_id"].isin(projected)]
    mapped = sorted(set(fitted["case_id"].tolist()))
    new = [c for c in _cases(context, package.sha256) if c not in set(old["case_id"].tolist())]
    if not new:
        return "no case is new"
    hidden, case_id, group = context.features.gather(package.sha256, mapped)
    if not (np.array_equal(case_id, fitted["case_id"]) and np.array_equal(group, fitted["group"].to_numpy())):
        raise InputError("The stored features are not those of the map", remedy="make the map again")
    added, new_case, new_group = context.features.gather(package.sha256, new)
    settings = {k: v for k, v in kept.items() if k not in {"package", "projected", "iterations"}}
    place, standing = embedding.PLACE[method], fitted[["x", "y"]]
    xy = context.run(place, hidden, standing, added, alone=True, progress=context.progress, **settings)
    context.store.add_embedding(
        letter,
        method,
        np.concatenate([old["case_id"], new_case]),
        np.concatenate([old["group"], new_group]),
        np.concatenate([old[["x", "y"]], xy]),
        settings={**kept, "package": package.sha256, "projected": [*projected, *new]},
    )
    return f"{len(new)} new cases, {len(xy)} image groups"


def _standing_map(
    context: JobContext, package: ModelPackage, method: str
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The newest map of a package, and what it was made with."""
    letter = package.spec.letter
    settings, points = newest_settings(context.store, letter, method), context.store.embedding(letter, method)
    if settings is None:
        raise InputError(f"There is no {method} map of Model {letter}", remedy="make the map first")
    made_for = settings.get("package", package.sha256)
    if made_for != package.sha256:
        raise InputError(
            f"The map of Model {letter} was made with another package",
            expected=package.sha256,
            got=str(made_for),
            remedy="make the map again",
        )
    return points, settings


def _method(job: Job) -> str:
    method = str(job.settings["method"])
    if method not in embedding.SETTINGS:
        raise InputError("No such kind of map", expected=" or ".join(embedding.SETTINGS), got=repr(method))
    return method


def _cases(context: JobContext, sha256: str) -> list[int]:
    """Cases of the study with features of the package."""
    known = set(context.store.cases().index.tolist())
    return [c for c in context.features.cases(sha256) if c in known]
