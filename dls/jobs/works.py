"""Which kinds of job there are, and what does each."""

from __future__ import annotations

from collections.abc import Mapping

from dls.jobs import explanations, feature_maps, package_trials, prediction
from dls.jobs.runner import Work

WORKS: Mapping[str, Work] = {
    prediction.KIND: prediction.predict_cases,
    feature_maps.MAP_KIND: feature_maps.map_features,
    feature_maps.PROJECT_KIND: feature_maps.project_cases,
    explanations.KIND: explanations.explain_model,
    package_trials.KIND: package_trials.try_registered,
}
