"""Training: repeatable, resumable, refusing what cannot be trained; its provenance is in the package."""

from dataclasses import replace

import numpy as np
import pytest

from dls.errors import InputError
from dls.nn import backbone
from dls.nn.jobs import do_job
from dls.nn.package import load_weights
from dls.nn.predict import patient_scores, predict
from dls.nn.temperature import fit_temperature
from dls.nn.train import train, train_models
from tests.nn.conftest import one_convolution


def test_repeated_training_of_several_models_gives_the_same_packages(
    groups, quick, model_b, model_g, tmp_path
):
    out, run = tmp_path / "models", tmp_path / "run"
    again = train_models(["B", "G"], groups, quick, out, trained_on="2020-05-01", run=run)
    assert again[0].sha256 == model_b.sha256
    mine, theirs = load_weights(again[1]), load_weights(model_g)
    assert all(np.array_equal(mine[name], theirs[name]) for name in theirs)
    assert sorted(p.name for p in run.iterdir()) == ["B", "G", "run.json"]


def test_provenance_names_cohort_configuration_and_date(groups, model_b):
    provenance = model_b.provenance
    assert provenance["cohort"]["sha256"] == groups.sha256
    assert provenance["cohort"]["patients"] == 14
    assert "lesions" not in provenance["cohort"]
    assert provenance["configuration"]["name"] == "quick"
    assert provenance["trained_on"] == "2020-05-01"
    assert provenance["epochs"] == 2
    assert set(provenance["versions"]) == {"python", "tensorflow", "keras", "numpy"}
    assert len(model_b.metrics["training"]["loss"]) == 2
    assert "calibration" not in model_b.metrics


def test_malignant_three_way_models_see_only_malignant_patients(groups, model_g):
    assert model_g.provenance["cohort"]["patients"] == int((groups.lesion_class >= 4).sum())
    assert model_g.classes == ("HCC", "metastatic malignancy", "other primary malignancy")


def test_learns_classes_that_differ_in_brightness(make_groups, quick, tmp_path):
    config = replace(quick, epochs=15, label_smoothing=0.0, dropout=0.0, class_balance=0.0)
    package = train("D", make_groups(28), config, tmp_path)
    unseen = make_groups(14, seed=1)
    scores = patient_scores(predict(package, unseen.pixels), unseen.patient)
    assert np.mean(scores.argmax(axis=1) == (unseen.lesion_class >= 4)) >= 0.75


@pytest.fixture(scope="module")
def searched(groups, quick, tmp_path_factory):
    """Model C with two folds and two settings, and its run's folder."""
    folder = tmp_path_factory.mktemp("searched")
    config = replace(quick, folds=2, choose_epoch=True, search={"learning_rate": [0.05, 1e-6]})
    messages: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(backbone._BACKBONES, "compact", (one_convolution, 32))
        package = train(
            "C",
            groups,
            config,
            folder / "models",
            lambda _done, _total, what: messages.append(what),
            run=folder / "run",
        )
    return package, config, folder, messages


def test_folds_cover_every_patient_and_choose_setting_and_epochs(searched):
    package, config, _, messages = searched
    metrics = package.metrics
    assert sum(f["patients"] for f in metrics["cross_validation"]) == 14
    assert np.sum(metrics["confusion"]) == 14
    tried = metrics["selection"]["tried"]
    best = min(tried, key=lambda t: t["log_loss"])
    assert [t["setting"] for t in tried] == [{"learning_rate": 0.05}, {"learning_rate": 1e-6}]
    assert package.provenance["configuration"]["learning_rate"] == best["setting"]["learning_rate"]
    assert package.provenance["epochs"] == best["epochs"] == len(metrics["training"]["loss"])
    assert len(metrics["training"]["folds"]) == config.folds
    assert messages[0].startswith("Model C setting-1-fold-1: epoch 1")


def test_the_temperature_is_fitted_on_the_unseen_patients_scores(searched, groups):
    from dls.nn.cross_validation import fold_jobs
    from dls.nn.jobs import read_result

    package, config, folder, _ = searched
    spec = package.spec
    target = groups.for_task(spec.task)[1]
    chosen = [t["setting"] for t in package.metrics["selection"]["tried"]].index(
        {"learning_rate": package.provenance["configuration"]["learning_rate"]}
    )
    scores = np.zeros((14, 2))
    for job in fold_jobs(spec, target, config)[2 * chosen : 2 * chosen + 2]:
        result = read_result(job.folder(folder / "run"))
        assert result is not None
        scores[list(job.unseen or ())] = result.unseen_scores[package.provenance["epochs"] - 1]
    expected = fit_temperature(scores, target)
    assert package.metrics["calibration"]["temperature"] == pytest.approx(expected.temperature, rel=1e-4)
    assert package.metrics["calibration"]["calibration_error"] == pytest.approx(
        list(expected.calibration_error), abs=1e-5
    )


def test_a_finished_run_gives_its_package_again_without_training(searched, groups, monkeypatch, tmp_path):
    package, config, folder, _ = searched
    monkeypatch.setattr("dls.nn.fit.fit", None)
    again = train("C", groups, config, tmp_path, run=folder / "run", trained_on="2031-01-01")
    assert again.sha256 == package.sha256


def test_the_final_weights_do_not_depend_on_the_folds_before(groups, quick, tmp_path, monkeypatch):
    monkeypatch.setitem(backbone._BACKBONES, "compact", (one_convolution, 32))
    packages = [train("B", groups, replace(quick, folds=folds), tmp_path / str(folds)) for folds in (0, 2)]
    one, other = map(load_weights, packages)
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_more_folds_than_patients_of_a_class_are_refused(groups, quick, tmp_path):
    with pytest.raises(InputError, match="2 to 2"):
        train("A", groups, replace(quick, folds=5), tmp_path)


def test_a_class_without_patients_is_refused(groups, quick, tmp_path):
    without_cysts = groups.select(np.flatnonzero(groups.lesion_class != 0))
    with pytest.raises(InputError, match="none of cyst"):
        train("A", without_cysts, quick, tmp_path)
    assert not list(tmp_path.iterdir())


def test_unknown_letter_is_refused(groups, quick, tmp_path):
    with pytest.raises(InputError, match="Unknown model"):
        train("H", groups, quick, tmp_path)


def test_divergence_stops_the_run_at_once(groups, quick, tmp_path, monkeypatch):
    monkeypatch.setitem(backbone._BACKBONES, "compact", (one_convolution, 32))
    epochs: list[int] = []
    config = replace(quick, epochs=50, learning_rate=1e30, warm_up_epochs=0.0)
    with pytest.raises(InputError, match=r"diverged in epoch \d"):
        train("D", groups, config, tmp_path, lambda done, _total, _what: epochs.append(done))
    assert len(epochs) < 5
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("tiny_backbone")
def test_lesions_of_a_person_are_in_one_fold_and_counted_apart(make_groups, quick, tmp_path, monkeypatch):
    seen_and_unseen = []

    def noted(job, *rest):
        if job.unseen is not None:
            seen_and_unseen.append((set(person[list(job.seen)]), set(person[list(job.unseen)])))
        return do_job(job, *rest)

    monkeypatch.setattr("dls.nn.train.do_job", noted)
    person = np.arange(14) // 2
    groups = replace(make_groups(14), person=person)
    package = train("D", groups, replace(quick, folds=2, epochs=1), tmp_path)
    assert len(seen_and_unseen) == 2
    for seen, unseen in seen_and_unseen:
        assert seen | unseen == set(range(7))
        assert not seen & unseen
    counted = package.provenance["cohort"]
    assert (counted["patients"], counted["lesions"]) == (7, 14)
