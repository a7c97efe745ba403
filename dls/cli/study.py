"""`study create|freeze|export|verify|backup|restore`."""

from __future__ import annotations

import argparse
from pathlib import Path

from dls.cli.home import add_home, store_of


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `study` and what it does to the command line."""
    study = subparsers.add_parser("study", help="create, freeze, export, verify, back up or restore a study")
    actions = study.add_subparsers(dest="action", required=True, metavar="ACTION")
    create = actions.add_parser("create", help="make a study with its protocol")
    create.add_argument("--title", required=True, help="title of the study")
    create.add_argument(
        "--reader", action="append", required=True, metavar="USERNAME", help="a reader; once for each of them"
    )
    create.add_argument("--sessions", type=int, default=1, help="number of reading sessions (%(default)s)")
    create.add_argument(
        "--consensus", choices=("joint", "majority", "adjudicator"), default="joint", help="how readers agree"
    )
    create.add_argument("--seed", type=int, default=2020, help="seed of the readers' order (%(default)s)")
    create.add_argument(
        "--unblinded", action="store_true", help="investigators see results before the last reading"
    )
    create.set_defaults(run=run_create)
    freeze = actions.add_parser("freeze", help="draw the readers' order and freeze the protocol")
    freeze.set_defaults(run=run_freeze)
    export = actions.add_parser("export", help="write the study to a zip file of plain tables")
    export.add_argument("file", type=Path, help="zip file to make")
    export.set_defaults(run=run_export)
    verify = actions.add_parser("verify", help="check file, audit trail and order; exit code 1 on a fault")
    verify.add_argument("--head", help="hash of a trail entry that was noted earlier and must still be there")
    verify.set_defaults(run=run_verify)
    backup = actions.add_parser("backup", help="copy the database while it is in use")
    backup.add_argument("file", type=Path, help="file to make")
    backup.set_defaults(run=run_backup)
    restore = actions.add_parser("restore", help="check a backup and put it in the database's place")
    restore.add_argument("file", type=Path, help="the backup")
    restore.add_argument("--replace", action="store_true", help="replace the database that is there")
    restore.set_defaults(run=run_restore)
    for action in (create, freeze, export, verify, backup, restore):
        add_home(action)


def run_create(args: argparse.Namespace) -> int:
    """Make the study of a home."""
    from dls.study.accounts import account_named
    from dls.study.protocol import Protocol, SessionPlan, create_study

    store = store_of(args, make=True)
    protocol = Protocol(
        readers=tuple(account_named(store, name).id for name in args.reader),
        sessions=tuple(SessionPlan(n, f"Session {n}") for n in range(1, args.sessions + 1)),
        consensus_mode=args.consensus,
        investigator_unblinded=args.unblinded,
        seed=args.seed,
    )
    number = create_study(store, args.title, protocol)
    print(f"study {number} created in {store.path}")
    return 0


def run_freeze(args: argparse.Namespace) -> int:
    """Draw the orders that are missing and freeze the newest version of the protocol."""
    from dls.study.freezing import freeze
    from dls.study.order import assign, orders_missing

    store = store_of(args)
    if orders_missing(store):
        print(f"order drawn: {assign(store)} readings to make")
    print(f"frozen: {freeze(store)}")
    return 0


def run_export(args: argparse.Namespace) -> int:
    """Write the archive and name its files."""
    from dls.study.export import export

    for name, sha256 in export(store_of(args), args.file).items():
        print(f"{sha256}  {name}")
    print(f"written: {args.file}")
    return 0


def run_verify(args: argparse.Namespace) -> int:
    """Print every fault; 1 when there is one."""
    from dls.study.audit import verify
    from dls.study.backup import integrity
    from dls.study.order import verify_order

    store = store_of(args)
    trail = verify(store, args.head)
    faults = [*integrity(store), *map(str, trail.faults), *map(str, verify_order(store))]
    for fault in faults:
        print(f"fault: {fault}")
    print(f"{trail.entries} entries in the audit trail, head {trail.head}")
    print("not sound" if faults else "sound")
    return 1 if faults else 0


def run_backup(args: argparse.Namespace) -> int:
    """Copy the database."""
    from dls.study.backup import backup

    print(f"written: {backup(store_of(args), args.file)}")
    return 0


def run_restore(args: argparse.Namespace) -> int:
    """Check a backup and put it in place."""
    from dls.study.backup import restore

    trail = restore(args.file, args.home / "study.db", replace=args.replace)
    print(f"restored: {trail.entries} entries in the audit trail, head {trail.head}")
    return 0
