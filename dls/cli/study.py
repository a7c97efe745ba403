"""`study create|list|open|freeze|verify|head|…`: a study and its trail; files of it are in `study_files`."""

from __future__ import annotations

import argparse
from pathlib import Path

from dls.cli import study_files
from dls.cli.home import add_home, store_of

DESIGNS = ("unaided", "sequential", "crossover")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `study` and what it does to the command line."""
    study = subparsers.add_parser(
        "study", help="create, freeze, verify, sign, export, import, back up or restore a study"
    )
    actions = study.add_subparsers(dest="action", required=True, metavar="ACTION")
    _add_create(actions)
    everything = actions.add_parser("list", help="list the studies of the database; * marks the open one")
    everything.set_defaults(run=run_list)
    choose = actions.add_parser("open", help="open another study of the same database")
    choose.add_argument("number", type=int, help="number of the study")
    choose.set_defaults(run=run_open)
    freeze = actions.add_parser("freeze", help="draw the readers' order and freeze the protocol")
    freeze.set_defaults(run=run_freeze)
    verify = actions.add_parser("verify", help="check file, audit trail and order; exit code 1 on a fault")
    verify.add_argument("--head", help="hash of a trail entry that was noted earlier and must still be there")
    verify.add_argument("--signed-head", type=Path, metavar="FILE", help="a head signed by `study head`")
    verify.add_argument("--public-key", metavar="HEX", help="the key that must have signed it")
    verify.set_defaults(run=run_verify)
    key = actions.add_parser("key", help="make a key that signs heads; keep it apart from the database")
    key.add_argument("file", type=Path, help="PEM file to make")
    key.set_defaults(run=run_key)
    head = actions.add_parser("head", help="sign the head of the audit trail (Ed25519)")
    head.add_argument("file", type=Path, help="JSON file to make")
    head.add_argument("--key", type=Path, required=True, help="PEM file of `study key`")
    head.set_defaults(run=run_head)
    for action in (everything, choose, freeze, verify, head):
        add_home(action)
    study_files.add_actions(actions)


def _add_create(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    create = actions.add_parser("create", help="make a study with its protocol")
    create.add_argument("--title", required=True, help="title of the study")
    create.add_argument(
        "--reader", action="append", required=True, metavar="USERNAME", help="a reader; once for each of them"
    )
    create.add_argument("--design", choices=DESIGNS, default="unaided", help="what readers are shown, when")
    create.add_argument("--sessions", type=int, default=1, help="number of reading sessions (%(default)s)")
    create.add_argument("--washout-weeks", type=int, default=4, help="between sessions (%(default)s)")
    create.add_argument("--hidden-repeats", type=int, default=0, help="cases read twice (%(default)s)")
    create.add_argument(
        "--consensus", choices=("joint", "majority", "adjudicator"), default="joint", help="how readers agree"
    )
    create.add_argument(
        "--reread", action="store_true", help="readers who differ first read the case again, each alone"
    )
    create.add_argument(
        "--adjudicator",
        action="append",
        default=[],
        metavar="USERNAME",
        help="who decides; none of the readers",
    )
    create.add_argument("--seed", type=int, default=2020, help="seed of the readers' order (%(default)s)")
    create.add_argument(
        "--unblinded", action="store_true", help="investigators see results before the last reading"
    )
    create.set_defaults(run=run_create)
    add_home(create)


def run_create(args: argparse.Namespace) -> int:
    """Make a study in the database of a home."""
    from dls.study.accounts import account_named
    from dls.study.design import Design, sessions_of
    from dls.study.protocol import Protocol, create_study

    store = store_of(args, make=True)
    protocol = Protocol(
        readers=tuple(account_named(store, name).id for name in args.reader),
        sessions=sessions_of(Design[args.design.upper()], weeks=args.washout_weeks, sessions=args.sessions),
        hidden_repeats=args.hidden_repeats,
        consensus_mode=args.consensus,
        consensus_reread=args.reread,
        adjudicators=tuple(account_named(store, name).id for name in args.adjudicator),
        investigator_unblinded=args.unblinded,
        seed=args.seed,
    )
    number = create_study(store, args.title, protocol)
    print(f"study {number} created in {store.path}")
    return 0


def run_list(args: argparse.Namespace) -> int:
    """One line a study."""
    from dls.study.opened import studies

    store = store_of(args)
    for number, title in studies(store).items():
        print(f"{'*' if number == store.study_id else ' '} {number}\t{title}")
    return 0


def run_open(args: argparse.Namespace) -> int:
    """Open another study."""
    from dls.study.opened import open_study

    open_study(store_of(args), args.number)
    print(f"study {args.number} is open")
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


def run_verify(args: argparse.Namespace) -> int:
    """Print every fault; 1 when there is one."""
    from dls.study.audit import verify
    from dls.study.backup import integrity
    from dls.study.head import check_head, verify_head
    from dls.study.opened import studies
    from dls.study.order import verify_order
    from dls.study.store import Store

    store = store_of(args)
    trail = verify(store, args.head)
    faults = [*integrity(store), *map(str, trail.faults)]
    for number in studies(store):
        faults += map(str, verify_order(Store(store.path, study_id=number)))
    if args.signed_head is not None:
        head = check_head(study_files.text_of(args.signed_head), args.public_key)
        faults += map(str, verify_head(store, head))
        print(f"signed head: entry {head.entries} at {head.at}, key {head.public_key}")
    for fault in faults:
        print(f"fault: {fault}")
    print(f"{trail.entries} entries in the audit trail, head {trail.head}")
    print("not sound" if faults else "sound")
    return 1 if faults else 0


def run_key(args: argparse.Namespace) -> int:
    """Make a signing key."""
    from dls.study.head import make_key

    public = make_key(args.file)
    print(f"written: {args.file}\npublic key: {public}")
    return 0


def run_head(args: argparse.Namespace) -> int:
    """Sign the head and write it."""
    from dls.study.head import sign_head

    study_files.refuse_existing(args.file)
    signed = sign_head(store_of(args), args.key)
    study_files.write_text(args.file, signed.to_json())
    print(f"written: {args.file}, entry {signed.entries}, head {signed.head}")
    return 0
