"""Training: does the input pipeline keep the accelerator busy, and how fast is the full network on a GPU?

python -m benchmarks.training                       compact network at 64 x 64 on this machine
python -m benchmarks.training --data FILE.npz       and, on a GPU, one epoch of that cohort (299 x 299)

Step time with the real pipeline over step time on one cached batch, in alternating blocks; goal: at most 1.05
On a GPU also Inception-ResNet V2 at 299 x 299: images a second in float32 and mixed precision, utilisation by
nvidia-smi, and one epoch.  Without a GPU it says that these were not measured.
"""

from __future__ import annotations

import argparse
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np

from dls.clinical import code_names
from dls.domain import MODELS
from dls.nn.batches import batches
from dls.nn.config import DEMO, PAPER, TrainingConfig
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


def pipeline_ratio(config: TrainingConfig, cohort: GroupSet, blocks: int, steps: int) -> tuple[float, float]:
    """Seconds a step on a cached batch, and the real pipeline's time over it: medians over blocks."""
    groups, target = cohort.for_task(SPEC.task)
    trainer = Trainer(SPEC, groups, config, strategy_of(config))
    real = trainer.iterator(lambda context: batches(SPEC, groups, target, config, context=context))
    one = next(iter(batches(SPEC, groups, target, config)))
    cached = trainer.iterator(lambda _context: tf.data.Dataset.from_tensors(one).repeat())
    for iterator in (real, cached):
        seconds_per_step(trainer, iterator, 5)
    pairs = []
    for block in range(blocks):  # now the one, now the other comes first
        order = (cached, real) if block % 2 else (real, cached)
        took = {id(iterator): seconds_per_step(trainer, iterator, steps) for iterator in order}
        pairs.append((took[id(cached)], took[id(real)]))
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
    """Sample the GPU's utilisation in per cent five times a second."""
    command = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "-i", "0"]
    stop = threading.Event()

    def sample() -> None:
        while not stop.wait(0.2):
            samples.append(int(subprocess.run(command, capture_output=True, text=True, check=True).stdout))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def on_gpu(data: Path | None) -> None:
    """Images a second, utilisation and pipeline of the full network; one epoch where a cohort is given."""
    name = tf.config.experimental.get_device_details(tf.config.list_physical_devices("GPU")[0])["device_name"]
    print(f"{name}, Inception-ResNet V2, {FULL_SIZE} x {FULL_SIZE} x 6, batch {PAPER.batch_size}")
    cohort = noise(64, FULL_SIZE)
    for precision in ("float32", "mixed_float16", "mixed_bfloat16"):
        config = replace(PAPER, initial_weights=None, precision=precision, deterministic=False)
        samples: list[int] = []
        with utilisation(samples):
            step, ratio = pipeline_ratio(config, cohort, blocks=5, steps=40)
        print(
            f"{precision}: {config.batch_size / step:.0f} images/s on a cached batch, "
            f"pipeline ratio {ratio:.3f}, utilisation {mean(samples[len(samples) // 2 :]):.0f} %"
        )
        keras.backend.clear_session()
    if data is None:
        print("one epoch: not measured; give --data FILE.npz with a cohort at 299 x 299")
        return
    groups, target = GroupSet.load(data).for_task(SPEC.task)
    config = replace(PAPER, initial_weights=None, precision="mixed_float16", deterministic=False)
    trainer = Trainer(SPEC, groups, config, strategy_of(config))
    iterator = trainer.iterator(lambda context: batches(SPEC, groups, target, config, context=context))
    seconds_per_step(trainer, iterator, 5)
    steps = steps_per_epoch(groups.patient, config)
    seconds = steps * seconds_per_step(trainer, iterator, steps)
    print(f"one epoch of {len(groups.patient)} groups, mixed_float16: {seconds:.1f} s")


def main() -> None:
    """Measure what this machine can, and say what it cannot."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, metavar="FILE.npz")
    parser.add_argument("--blocks", type=int, default=31)
    parser.add_argument("--steps", type=int, default=20)
    args = parser.parse_args()
    config = replace(DEMO, epochs=1000, deterministic=False)
    step, ratio = pipeline_ratio(config, noise(200, 64), args.blocks, args.steps)
    alone = seconds_per_batch(config, noise(200, 64))
    verdict = "met" if ratio <= GOAL else "missed"
    print(f"compact, 64 x 64 x 6, batch {config.batch_size}: {step * 1000:.1f} ms a step on a cached batch")
    print(f"real pipeline over cached batch: {ratio:.3f} (goal at most {GOAL}: {verdict})")
    print(f"the pipeline alone: {alone * 1000:.2f} ms a batch")
    if tf.config.list_physical_devices("GPU"):
        on_gpu(args.data)
    else:
        print("no GPU here: images/s, utilisation and epoch of the full network were not measured")


if __name__ == "__main__":
    main()
