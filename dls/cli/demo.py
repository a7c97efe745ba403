"""`demo`: make, reset or rebuild the demo study."""

from __future__ import annotations

import argparse
import sys
from datetime import date

from dls.cli.home import add_home
from dls.cli.progress import print_progress


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Add `demo [--reset | --rebuild]`."""
    parser = subparsers.add_parser(
        "demo",
        help="make the demo study: phantom patients, seven models, simulated readers",
        description="Make the demo study where none is yet; print its accounts.",
    )
    add_home(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--reset", action="store_true", help="delete the demo study first, readings included")
    what.add_argument(
        "--rebuild",
        action="store_true",
        help="train the shipped models again, then score the phantom cohort (about an hour on two cores)",
    )
    what.add_argument(
        "--rescore", action="store_true", help="run the shipped models over the phantom cohort again"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Make the demo study and print who can sign in."""
    from dls.demo.accounts import DEMO_ACCOUNTS
    from dls.demo.prepare import prepare, reset

    home = args.home.resolve()
    if args.rebuild or args.rescore:
        from dls.demo.rebuild import rebuild, remake_results

        if args.rebuild:
            rebuild(home, date.today().isoformat(), print_progress)
        else:
            remake_results(home, print_progress)
    if args.reset or args.rebuild or args.rescore:
        reset(home)
    made = prepare(home, print_progress)
    print(f"{'Made' if made else 'Found'} the demo study in {home}", file=sys.stderr)
    print("Phantom images and simulated readings; research use only.  Sign in as")
    for account in DEMO_ACCOUNTS:
        print(f"  {account.username:<14} {account.password:<14} ({account.role.value})")
    return 0
