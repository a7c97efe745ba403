"""Import damaged copies of real DICOM files for as long as wanted: none may crash, hang or be half-imported.

    python -m benchmarks.fuzzing --rounds 100

A round is every file of `tests/imaging/mutations.py` by every mutation.  The same rounds make the same files.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

from tests.imaging.import_attempt import attempt
from tests.imaging.mutations import mutated


def main() -> None:
    """Run and print how often each refusal came, and the slowest file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="number of the first round")
    args = parser.parse_args()
    outcomes: Counter[str] = Counter()
    slowest = (0.0, "")
    warnings.simplefilter("ignore")  # pydicom's, of values that break the standard
    for label, data in mutated(args.rounds, args.first):
        with tempfile.TemporaryDirectory() as scratch:
            start = time.monotonic()
            outcomes[attempt(label, data, Path(scratch), memory=True)] += 1
            slowest = max(slowest, (time.monotonic() - start, label))
    print(f"{outcomes.total()} files: no crash, none over 10 s or 600 MiB, nothing half-imported")
    for outcome, count in outcomes.most_common():
        print(f"{count:8d}  {outcome}")
    print(f"slowest: {slowest[0]:.2f} s, {slowest[1]}")


if __name__ == "__main__":
    main()
