"""Speed of inference: seven models over a cohort against their bare backbones, and over one patient.

    python -m benchmarks.inference                  # the shipped models: throughput against the backbones
    python -m benchmarks.inference --full           # the same with Inception-ResNet V2, random weights
    python -m benchmarks.inference --full --groups 64 --rounds 5

Throughput: `forward_all`, which prepares batches for all models and keeps probabilities and features, against
the models' backbones alone on batches that are ready in memory; in turn, median of the ratios.
One patient: seven full-size models at 299 x 299 on the paper's mean number of image groups, networks in
memory, as they are in the process that keeps them; the time to build them is printed too.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dls.clinical import ClinicalRecord, code_names
from dls.demo.results import MODELS_FOLDER
from dls.domain import MODELS
from dls.nn.inference import PatientImages, forward_all, infer
from dls.nn.package import ModelPackage, load_packages, save_package
from dls.nn.predict import BATCH, channels_of, loaded

GOAL_RATIO, GOAL_SECONDS = 0.9, 15.0
GROUPS_OF_A_PATIENT = 6
FULL = ("inception_resnet_v2", 299)


def full_size_packages(folder: Path) -> dict[str, ModelPackage]:
    """Seven packages of Inception-ResNet V2 with random weights."""
    from dls.nn.network import classifier, weight_arrays
    from dls.nn.tensorflow_home import keras

    name, size = FULL
    for letter, spec in MODELS.items():
        keras.utils.set_random_seed(ord(letter))
        codes = len(code_names()) if spec.clinical else 0
        shape = (size, size, len(spec.sequences))
        network = classifier(name, shape, len(spec.task.classes), clinical_codes=codes)
        save_package(
            folder / letter,
            letter=letter,
            backbone=name,
            image_size=size,
            weights=weight_arrays(network),
            provenance={},
            metrics={},
        )
    return load_packages(folder)


class BareBackbones:
    """The models' backbones alone, on batches that are ready in memory."""

    def __init__(self, packages: Mapping[str, ModelPackage], pixels: NDArray[np.float32]) -> None:
        from dls.nn.tensorflow_home import keras, tf

        self._parts = []
        for package in packages.values():
            network = loaded(package).network
            body = next(layer for layer in network.layers if isinstance(layer, keras.Model))
            signature = tf.TensorSpec((None, *package.input_shape), tf.float32)
            forward = tf.function(lambda x, body=body: body(x, training=False), input_signature=[signature])
            images = np.ascontiguousarray(pixels[..., channels_of(package.spec)])
            batches = [tf.constant(images[i : i + BATCH]) for i in range(0, len(images), BATCH)]
            self._parts.append((forward, batches))

    def run(self) -> None:
        """All models over all batches."""
        for forward, batches in self._parts:
            for batch in batches:
                forward(batch).numpy()


def throughput(packages: Mapping[str, ModelPackage], groups: int, rounds: int) -> float:
    """Median over rounds, which alternate, of the throughput of the whole call over that of the backbones."""
    size = next(iter(packages.values())).image_size
    pixels = np.random.default_rng(0).random((groups, size, size, 6)).astype(np.float16)
    codes = np.zeros((groups, len(code_names())), np.float32)
    rows = dict.fromkeys(packages, np.arange(groups))
    bare = BareBackbones(packages, pixels.astype(np.float32))
    times: dict[str, list[float]] = {"bare": [], "whole": []}
    for _ in range(rounds + 1):
        for name, call in (
            ("bare", bare.run),
            ("whole", lambda: forward_all(packages, pixels, rows, codes)),
        ):
            start = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - start)
    kept = {name: values[1:] for name, values in times.items()}  # the first round compiles
    for name, values in kept.items():
        seconds = statistics.median(values)
        print(f"{name:<6} {len(packages)} models, {groups} image groups: median {seconds:.2f} s")
    return statistics.median(b / w for b, w in zip(kept["bare"], kept["whole"], strict=True))


def one_patient(packages: Mapping[str, ModelPackage], rounds: int) -> float:
    """Median seconds of all models over one patient."""
    size = next(iter(packages.values())).image_size
    pixels = np.random.default_rng(0).random((GROUPS_OF_A_PATIENT, size, size, 6)).astype(np.float32)
    patient = PatientImages("patient", pixels, clinical=ClinicalRecord(age=60))
    start = time.perf_counter()
    assert len(infer(packages, [patient])[0].answers) == len(packages)
    print(f"first call, networks built: {time.perf_counter() - start:.1f} s")
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        infer(packages, [patient])
        times.append(time.perf_counter() - start)
        print(f"one patient, {GROUPS_OF_A_PATIENT} image groups: {times[-1]:.2f} s")
    return statistics.median(times)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="networks of 299 x 299 instead of the demo's")
    parser.add_argument("--groups", type=int, help="image groups of the throughput: 128, with --full 12")
    parser.add_argument("--rounds", type=int, help="timed rounds: 15, with --full 3")
    args = parser.parse_args()
    groups = args.groups or (2 * GROUPS_OF_A_PATIENT if args.full else 128)
    rounds = args.rounds or (3 if args.full else 15)
    with tempfile.TemporaryDirectory() as folder:
        packages = full_size_packages(Path(folder)) if args.full else load_packages(MODELS_FOLDER)
        seconds = one_patient(packages, rounds)
        ratio = throughput(packages, groups, rounds)
    goal = f" (goal at most {GOAL_SECONDS:g})" if args.full else ""
    print(f"one patient: median {seconds:.2f} s{goal}")
    print(f"ratio: median {ratio:.2f} (goal at least {GOAL_RATIO}), {groups} image groups")
    print(f"load at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
