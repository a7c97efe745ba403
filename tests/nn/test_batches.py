"""Batches: the drawn groups in order, the model's own channels, and a part for every replica."""

from dataclasses import replace

import numpy as np
import pytest

from dls.domain import MODELS
from dls.nn.batches import batches
from dls.nn.epochs import draw_groups, draw_transforms
from dls.nn.tensorflow_home import tf


def listed(spec, cohort, config, **options):
    return [
        ([part.numpy() for part in inputs], wanted.numpy())
        for inputs, wanted in batches(spec, *cohort, config, **options)
    ]


def test_batches_follow_the_draws_of_every_epoch(groups, quick):
    spec = MODELS["A"]
    cohort = groups.for_task(spec.task)
    got = listed(spec, cohort, quick)
    assert len(got) == quick.epochs * 3  # 14 patients, batches of 4
    for number, ((pixels, transforms), wanted) in enumerate(got):
        epoch, here = number // 3 + 1, slice(number % 3 * 4, number % 3 * 4 + 4)
        order = draw_groups(groups.patient, cohort[1], quick, epoch)[here]
        np.testing.assert_array_equal(pixels, groups.pixels[order])
        np.testing.assert_array_equal(transforms, draw_transforms(12, groups.size, quick, epoch)[here])
        np.testing.assert_array_equal(wanted.argmax(axis=1), cohort[1][groups.patient[order]])


def test_a_later_start_gives_the_rest(groups, quick):
    spec = MODELS["C"]
    cohort = groups.for_task(spec.task)
    rest = listed(spec, cohort, quick, first_epoch=1)
    for (mine, _), (whole, _) in zip(rest, listed(spec, cohort, quick)[3:], strict=True):
        np.testing.assert_array_equal(mine[0], whole[0])


def test_unenhanced_models_get_their_three_channels_and_the_clinical_vector(groups, quick):
    spec = MODELS["G"]
    cohort, target = groups.for_task(spec.task)
    inputs, wanted = listed(spec, (cohort, target), quick)[0]
    order = draw_groups(cohort.patient, target, quick, 1)[:4]
    np.testing.assert_array_equal(inputs[0], cohort.pixels[order][..., :3])
    np.testing.assert_array_equal(inputs[2], cohort.clinical[cohort.patient[order]])
    assert wanted.shape == (4, 3)


@pytest.mark.parametrize("machines", [1, 2])
def test_the_replicas_parts_make_up_the_batch(groups, quick, machines):
    spec = MODELS["D"]
    cohort = groups.for_task(spec.task)
    whole = listed(spec, cohort, quick)
    parts = [
        listed(
            spec, cohort, quick, context=tf.distribute.InputContext(machines, machine, num_replicas_in_sync=2)
        )
        for machine in range(machines)
    ]
    in_order = [part for step in zip(*parts, strict=True) for part in step]
    for step, (inputs, wanted) in enumerate(whole):
        pair = in_order[2 * step : 2 * step + 2]
        for i, array in enumerate(inputs):
            np.testing.assert_array_equal(np.concatenate([p[0][i] for p in pair]), array)
        np.testing.assert_array_equal(np.concatenate([p[1] for p in pair]), wanted)


def test_shapes_are_known_beforehand(groups, quick):
    spec = MODELS["F"]
    cohort = groups.for_task(spec.task)
    inputs, wanted = batches(spec, *cohort, replace(quick, batch_size=2)).element_spec
    assert [i.shape[0] for i in inputs] == [2, 2, 2]
    assert inputs[0].dtype == tf.float16  # as stored
    assert wanted.shape == (2, 3)
