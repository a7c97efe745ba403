"""`python -m dls embed`: a two-dimensional map of a model's features."""

from __future__ import annotations

import argparse
from pathlib import Path

from dls.cli.home import add_home
from dls.cli.progress import print_progress


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    command = subparsers.add_parser(
        "embed",
        help="map image groups by a model's features",
        description="Map a cohort's image groups in two dimensions by the last hidden layer of a model; "
        "writes a CSV with a row an image group: patient, group, class, x, y. With --study: map the kept "
        "features of the study's cases, or with --new only put new cases into the map that is there.",
    )
    add = command.add_argument
    add(
        "--model", required=True, type=Path, metavar="MODEL", help="folder of the package; a letter (--study)"
    )
    add("--data", type=Path, metavar="FILE.npz", help="image groups of the cohort")
    add("--out", type=Path, metavar="FILE.csv", help="where the map is written")
    add("--study", action="store_true", help="map the study's cases and store the map there")
    add("--new", action="store_true", help="with --study: put new cases into the map that is there")
    add_home(command)
    add("--method", default="tsne", choices=["tsne", "umap"], help="default: tsne")
    add("--perplexity", type=float, default=50.0, help="of t-SNE; default: 50")
    add("--iterations", type=int, default=10_000, help="of t-SNE; default: 10,000")
    add("--neighbors", type=int, default=15, help="of UMAP; default: 15")
    add("--seed", type=int, default=2020, help="default: 2020")
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Compute features and their map; progress goes to standard error."""
    from dls.errors import InputError

    settings = {"seed": args.seed}
    if args.method == "tsne":
        settings |= {"perplexity": args.perplexity, "iterations": args.iterations}
    else:
        settings |= {"neighbors": args.neighbors}
    if args.study:
        from dls.cli.study_jobs import do_job

        job = {"letter": str(args.model), "method": args.method}
        return do_job(args, "project", job) if args.new else do_job(args, "map", job | {"settings": settings})
    if args.data is None or args.out is None:
        raise InputError("Nothing to map", expected="--data and --out, or --study")
    import pandas as pd

    from dls import embedding
    from dls.domain import LesionClass
    from dls.nn.data import GroupSet
    from dls.nn.package import load_package
    from dls.nn.predict import features

    package, groups = load_package(args.model), GroupSet.load(args.data)
    applicable, _ = groups.for_task(package.spec.task)
    owner = applicable.patient
    hidden = features(package, applicable.pixels, applicable.clinical[owner], progress=print_progress)
    fit = embedding.FIT[args.method]
    xy = fit(hidden, **settings, progress=print_progress)
    table = pd.DataFrame(
        {
            "patient": applicable.codes[owner],
            "class": [LesionClass(int(c)).label for c in applicable.lesion_class[owner]],
            "x": xy[:, 0],
            "y": xy[:, 1],
        }
    )
    table.insert(1, "group", table.groupby("patient").cumcount())
    args.out.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(args.out, index=False)
    print(f"{package.spec.name}, {args.method}: {len(table)} image groups in {args.out}")
    return 0
