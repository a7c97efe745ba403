"""Training: does the input pipeline keep the accelerator busy, and how fast is the full network?

python -m benchmarks.training                       compact network at 64 x 64 on this machine
python -m benchmarks.training --full                Inception-ResNet V2 at 299 x 299, where there is a GPU
python -m benchmarks.training --full --data FILE.npz    and one epoch of that cohort

Step time with the real pipeline over step time on one cached batch, in alternating blocks; goal: <= 1.05.
The full network: images a second by precision, the GPU's utilisation by nvidia-smi while the real pipeline
feeds it, and seven networks over one patient.  `--full` runs on a CPU too, with a small `--size`, to try it;
what it prints there is no measurement of a GPU.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np

from benchmarks.inference import full_size_packages, one_patient
from dls.clinical import code_names
from dls.domain import MODELS
from dls.nn.batches import batches
from dls.nn.config import DEMO, PAPER, PRECISIONS, TrainingConfig
from dls.nn.data import GroupSet
from dls.nn.distribution import strategy_of
from dls.nn.epochs import steps_per_epoch
from dls.nn.tensorflow_home import keras, tf
from dls.nn.training_step import Trainer

SPEC = MODELS["A"]
GOAL = 1.05
RATE = 1e-3
FULL_SIZE = 299


def noise(patients: int, size: int) -> GroupSet:
    """Image groups of noise, four a patient; what they show does not matter to the time of a step."""
    random = np.random.default_rng(0)
    patient = np.repeat(np.arange(patients), 4)
    return GroupSet(
        random.random((len(patient), size, size, 6), dtype=np.float32).astype(np.float16),
        patient,
        np.array([f"N-{i:04d}" for i in range(patients)]),
        np.arange(patients) % 7,
        np.zeros((patients, len(code_names())), np.float32),
    )


def seconds_per_step(trainer: Trainer, iterator: Any, steps: int) -> float:
    """Mean over a block of steps, the last one waited for."""
    began = time.perf_counter()
    for _ in range(steps):
        loss, _ = trainer.step(iterator, RATE)
    float(loss)
    return (time.perf_counter() - began) / steps


class Network:
    """A network in training, fed by the real pipeline or by one cached batch."""

    def __init__(self, config: TrainingConfig, cohort: GroupSet) -> None:
        groups, target = cohort.for_task(SPEC.task)
        self.trainer = Trainer(SPEC, groups, config, strategy_of(config))
        self.real = self.trainer.iterator(
            lambda context: batches(SPEC, groups, target, config, context=context)
        )
        one = next(iter(batches(SPEC, groups, target, config)))
        self.cached = self.trainer.iterator(lambda _context: tf.data.Dataset.from_tensors(one).repeat())
        for iterator in (self.real, self.cached):
            seconds_per_step(self.trainer, iterator, 5)

    def pipeline_ratio(self, blocks: int, steps: int) -> tuple[float, float]:
        """Seconds a step on a cached batch, and the real pipeline's time over it: medians over blocks."""
        pairs = []
        for block in range(blocks):  # now the one, now the other comes first
            order = (self.cached, self.real) if block % 2 else (self.real, self.cached)
            took = {id(iterator): seconds_per_step(self.trainer, iterator, steps) for iterator in order}
            pairs.append((took[id(self.cached)], took[id(self.real)]))
        return median(c for c, _ in pairs), median(r / c for c, r in pairs)


def seconds_per_batch(config: TrainingConfig, cohort: GroupSet, n: int = 500) -> float:
    """Time the pipeline needs for a batch when nothing else is done."""
    groups, target = cohort.for_task(SPEC.task)
    iterator = iter(batches(SPEC, groups, target, config))
    began = time.perf_counter()
    for _ in range(n):
        next(iterator)
    return (time.perf_counter() - began) / n


@contextmanager
def utilisation(samples: list[int]) -> Iterator[None]:
    """Sample the GPU's utilisation in per cent ten times a second; nothing is sampled where there is none."""
    if not tf.config.list_physical_devices("GPU"):
        yield
        return
    query = ("--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "-i", "0", "-lms", "100")
    with subprocess.Popen(["nvidia-smi", *query], stdout=subprocess.PIPE, text=True) as sampler:
        try:
            yield
        finally:
            sampler.terminate()
            samples += [int(line) for line in sampler.communicate()[0].splitlines() if line.strip().isdigit()]


@dataclass(frozen=True, slots=True)
class Course:
    """What the full network is measured on.

    Parameters
    ----------
    cohort : image groups
    blocks, steps : of the comparison with a cached batch; as many steps again are run for the utilisation
    epoch : whether an epoch of the cohort is run instead
    """

    cohort: GroupSet
    blocks: int
    steps: int
    epoch: bool


def full_network(course: Course, precision: Any, xla: bool) -> None:
    """Images a second, pipeline and utilisation of Inception-ResNet V2."""
    config = replace(PAPER, initial_weights=None, precision=precision, xla=xla, deterministic=False)
    began = time.perf_counter()
    network = Network(config, course.cohort)
    built = time.perf_counter() - began
    step, ratio = network.pipeline_ratio(course.blocks, course.steps)
    epoch = steps_per_epoch(course.cohort.patient, config)
    steps = epoch if course.epoch else course.blocks * course.steps
    samples: list[int] = []
    with utilisation(samples):
        seconds = steps * seconds_per_step(network.trainer, network.real, steps)
    print(
        f"{precision}{', XLA' if xla else ''}: {config.batch_size / step:.0f} images/s, {step * 1000:.1f} ms "
        f"a step on a cached batch, real pipeline over cached batch {ratio:.3f} (goal at most {GOAL}), "
        f"{steps} steps with the real pipeline {seconds:.1f} s"
        + (f" (one epoch of {len(course.cohort.patient)} image groups)" if course.epoch else "")
        + (f", utilisation {mean(samples):.0f} % ({len(samples)} samples)" if samples else "")
        + f"; built in {built:.0f} s",
        flush=True,
    )
    del network
    keras.backend.clear_session()


def on_full_network(args: argparse.Namespace) -> None:
    """The full network in every precision asked for, then seven networks over one patient."""
    found = tf.config.list_physical_devices("GPU")
    name = tf.config.experimental.get_device_details(found[0])["device_name"] if found else "CPU"
    cohort = GroupSet.load(args.data) if args.data else noise(args.patients, args.size)
    what = f"cohort of {args.data.name}" if args.data else "noise"
    print(f"{name}, Inception-ResNet V2, {cohort.size} x {cohort.size} x 6, batch {PAPER.batch_size}, {what}")
    course = Course(cohort, args.blocks, args.steps, args.data is not None)
    for precision in args.precision:
        full_network(course, precision, args.xla)
    if args.models:
        with tempfile.TemporaryDirectory() as folder:
            seconds = one_patient(full_size_packages(Path(folder)), 5)
        print(f"{name}, seven full-size models over one patient: median {seconds:.2f} s")


def on_compact_network(blocks: int, steps: int) -> None:
    """The demo's network on this machine."""
    config = replace(DEMO, epochs=1000, deterministic=False)
    step, ratio = Network(config, noise(200, 64)).pipeline_ratio(blocks, steps)
    alone = seconds_per_batch(config, noise(200, 64))
    verdict = "met" if ratio <= GOAL else "missed"
    print(f"compact, 64 x 64 x 6, batch {config.batch_size}: {step * 1000:.1f} ms a step on a cached batch")
    print(f"real pipeline over cached batch: {ratio:.3f} (goal at most {GOAL}: {verdict})")
    print(f"the pipeline alone: {alone * 1000:.2f} ms a batch")


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="measure Inception-ResNet V2")
    parser.add_argument("--data", type=Path, metavar="FILE.npz", help="cohort; noise without it")
    parser.add_argument("--patients", type=int, default=64, help="of the noise")
    parser.add_argument("--size", type=int, default=FULL_SIZE, help="of the noise")
    parser.add_argument(
        "--precision", nargs="*", choices=PRECISIONS, default=["float32", "mixed_float16", "mixed_bfloat16"]
    )
    parser.add_argument("--xla", action="store_true", help="compile the network by XLA")
    parser.add_argument("--models", action="store_true", help="seven full-size models over one patient, too")
    parser.add_argument("--blocks", type=int, default=31)
    parser.add_argument("--steps", type=int, default=20)
    args = parser.parse_args()
    if args.full:
        on_full_network(args)
    else:
        on_compact_network(args.blocks, args.steps)


if __name__ == "__main__":
    main()
