"""`user add|invite|list|role|revoke|disable|enable|password|link`.

Passwords are asked for, or read from standard input; they are never arguments, which other users of the
machine could see.
"""

from __future__ import annotations

import argparse
import getpass
import sys

from dls.cli.home import add_home, store_of
from dls.errors import InputError

ROLES = ("reader", "investigator", "administrator")
WHO = "the name with which the person signs in"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `user` and what it does to the command line."""
    user = subparsers.add_parser("user", help="add, list or disable accounts, and set passwords")
    actions = user.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser(
        "add", help="add an account; the password is asked for or read from standard input"
    )
    add.add_argument("username", help=WHO)
    add.add_argument("--name", required=True, help="name of the person")
    add.add_argument("--role", required=True, choices=ROLES, help="what the person may do")
    add.set_defaults(run=run_add)
    everybody = actions.add_parser("list", help="list all accounts")
    everybody.set_defaults(run=run_list)
    role = actions.add_parser("role", help="change what a person may do, and end their sign-ins")
    role.add_argument("username", help=WHO)
    role.add_argument("role", choices=ROLES, help="what the person may do from now on")
    role.set_defaults(run=run_role)
    disable = actions.add_parser("disable", help="bar a person at once; nothing of theirs is removed")
    disable.add_argument("username", help=WHO)
    disable.set_defaults(run=run_disable)
    enable = actions.add_parser("enable", help="let a disabled person sign in again")
    enable.add_argument("username", help=WHO)
    enable.set_defaults(run=run_enable)
    password = actions.add_parser("password", help="set a new password and end all sign-ins of the account")
    password.add_argument("username", help=WHO)
    password.set_defaults(run=run_password)
    invite = actions.add_parser(
        "invite", help="print the secret of a link with which a person sets a password"
    )
    invite.add_argument("username", help=WHO)
    invite.set_defaults(run=run_invite)
    revoke = actions.add_parser("revoke", help="end all sign-ins of a person at once")
    revoke.add_argument("username", help=WHO)
    revoke.set_defaults(run=run_revoke)
    link = actions.add_parser("link", help="let a person of a sign-in provider use an account")
    link.add_argument("username", help=WHO)
    link.add_argument("--issuer", required=True, help="address of the provider")
    link.add_argument("--subject", required=True, help="the person's identifier there")
    link.set_defaults(run=run_link)
    for action in (add, everybody, role, disable, enable, password, invite, revoke, link):
        add_home(action)


def run_add(args: argparse.Namespace) -> int:
    """Add an account."""
    from dls.study.accounts import add_account

    password = _password()
    account = add_account(store_of(args, make=True), args.username, args.name, args.role, password)
    print(f"added: {account.username}, {account.role}")
    return 0


def run_list(args: argparse.Namespace) -> int:
    """Print one line an account: user name, role, state, name, last seen."""
    from dls.study.accounts import accounts

    for status in accounts(store_of(args)):
        account, state = status.account, "disabled" if status.disabled else "active"
        print(f"{account.username}\t{account.role}\t{state}\t{account.name}\t{status.last_seen or 'never'}")
    return 0


def run_role(args: argparse.Namespace) -> int:
    """Change a role."""
    from dls.study.accounts import account_named, set_role

    store = store_of(args)
    set_role(store, account_named(store, args.username).id, args.role)
    print(f"{args.username} is now {args.role}")
    return 0


def run_disable(args: argparse.Namespace) -> int:
    """Bar an account."""
    from dls.study.accounts import account_named, disable

    store = store_of(args)
    disable(store, account_named(store, args.username).id)
    print(f"disabled: {args.username}")
    return 0


def run_enable(args: argparse.Namespace) -> int:
    """Let an account in again."""
    from dls.study.accounts import account_named, enable

    store = store_of(args)
    enable(store, account_named(store, args.username).id)
    print(f"enabled: {args.username}")
    return 0


def run_password(args: argparse.Namespace) -> int:
    """Set a password."""
    from dls.study.accounts import account_named, set_password

    store = store_of(args)
    account = account_named(store, args.username)
    set_password(store, account.id, _password())
    print(f"new password set for {account.username}; all of its sign-ins are ended")
    return 0


def run_invite(args: argparse.Namespace) -> int:
    """Print a new invitation."""
    from dls.study.accounts import account_named
    from dls.study.invitation import invite

    store = store_of(args)
    print(f"/sign-in/invitation?token={invite(store, account_named(store, args.username).id)}")
    return 0


def run_revoke(args: argparse.Namespace) -> int:
    """End a person's sign-ins."""
    from dls.study.accounts import account_named, revoke_sign_ins

    store = store_of(args)
    print(f"ended: {revoke_sign_ins(store, account_named(store, args.username).id)}")
    return 0


def run_link(args: argparse.Namespace) -> int:
    """Link an identity."""
    from dls.study.accounts import account_named
    from dls.study.identity import link_identity

    store = store_of(args)
    link_identity(store, account_named(store, args.username).id, args.issuer.rstrip("/"), args.subject)
    print(f"linked: {args.username}")
    return 0


def _password() -> str:
    """Password typed twice at a terminal, or the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise InputError("The two passwords differ; nothing was changed")
    return password
