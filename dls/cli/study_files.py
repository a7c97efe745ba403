"""`study export|readings|unpack|import-readings|backup|restore`: files made of a study, and read as one."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from dls.cli.home import add_home, store_of
from dls.errors import ConflictError, DLSError, InputError

if TYPE_CHECKING:
    from dls.study.store import Store


def add_actions(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add these actions to `study`."""
    export = actions.add_parser("export", help="write the study to a zip file of tables and its database")
    export.add_argument("file", type=Path, help="zip file to make")
    export.set_defaults(run=run_export)
    readings = actions.add_parser("readings", help="write the readings for other programs")
    readings.add_argument("file", type=Path, help="file to make")
    readings.add_argument(
        "--form", choices=("csv", "parquet", "imrmc", "mrmcaov", "wide"), default="csv", help="%(default)s"
    )
    readings.set_defaults(run=run_readings)
    unpack = actions.add_parser("unpack", help="open an exported study in a home that has none")
    unpack.add_argument("file", type=Path, help="zip file of `study export`")
    unpack.set_defaults(run=run_unpack)
    table = actions.add_parser("import-readings", help="make a study of readings made elsewhere (long CSV)")
    table.add_argument(
        "file",
        type=Path,
        help="columns reader, case, truth, rating or class (truth is then one too); modality optional",
    )
    table.add_argument("--title", required=True, help="title of the study")
    table.add_argument("--positive", default="1", help="truth of a diseased case (%(default)s)")
    table.add_argument(
        "--called-from", type=float, help="ratings from here on call a case positive; not with classes"
    )
    table.add_argument(
        "--positive-class", default="6", help="lesion class of the positive truth (%(default)s)"
    )
    table.add_argument("--negative-class", default="3", help="lesion class of any other truth (%(default)s)")
    table.add_argument("--aided", help="modality in which readers saw the model's opinion")
    table.set_defaults(run=run_import)
    backup = actions.add_parser(
        "backup",
        help="copy the database, or the whole study, while it is in use",
        description="Copy the database; with --files the images, what was received and is to be confirmed, "
        "and the models as well.  The key in keys/ is never in a backup: copy keys/uid.key once to a place "
        "of its own, for whoever has it and the study can test who a case is.  Without it a restored study "
        "opens and verifies, but takes no further images.",
    )
    backup.add_argument(
        "file",
        type=Path,
        nargs="?",
        help="file to make; with --every or --files a folder; without it the schedule of dls.toml is kept",
    )
    backup.add_argument("--files", action="store_true", help="the whole study, into a new folder")
    backup.add_argument("--every", type=float, metavar="MINUTES", help="go on making checked backups")
    backup.add_argument("--keep", type=int, help="of a schedule's backups (default: 24)")
    backup.set_defaults(run=run_backup)
    restore = actions.add_parser("restore", help="check a backup and put it in the study's place")
    restore.add_argument("file", type=Path, help="the backup: a file, or the folder of --files")
    restore.add_argument("--replace", action="store_true", help="replace what is there, which is kept beside")
    restore.set_defaults(run=run_restore)
    for action in (export, readings, unpack, table, backup, restore):
        add_home(action)


def run_export(args: argparse.Namespace) -> int:
    """Write the archive and name its files."""
    from dls.study.export import export

    for name, sha256 in export(store_of(args), args.file).items():
        print(f"{sha256}  {name}")
    print(f"written: {args.file}")
    return 0


def run_readings(args: argparse.Namespace) -> int:
    """Write the readings in one of the forms."""
    from dls.study.reading_files import write_readings

    count = write_readings(store_of(args), args.file, args.form)
    print(f"written: {args.file}, {count} readings")
    return 0


def run_unpack(args: argparse.Namespace) -> int:
    """Open an archive."""
    from dls.study.export import open_archive

    trail = open_archive(args.file, args.home / "study.db")
    print(f"opened: {trail.entries} entries in the audit trail, head {trail.head}")
    print("its accounts have no passwords; set one: python -m dls user password USERNAME")
    return 0


def run_import(args: argparse.Namespace) -> int:
    """Make a study of a long table."""
    from dls.cli.csv_table import read_table
    from dls.domain import LesionClass
    from dls.study.published_readings import Meaning, import_published

    meaning = Meaning(
        positive=args.positive,
        called_from=args.called_from,
        positive_class=LesionClass.parse(args.positive_class),
        negative_class=LesionClass.parse(args.negative_class),
        aided=args.aided,
    )
    made = import_published(store_of(args, make=True), read_table(args.file), args.title, meaning)
    print(f"study {made.study_id} made of {len(made.readings())} readings of {len(made.cases())} cases")
    return 0


def run_backup(args: argparse.Namespace) -> int:
    """Copy the database, once or on a schedule until it is interrupted."""
    from dls.configuration import configuration
    from dls.study.backup import backup, backup_into

    store, settings = store_of(args), configuration(args.home)
    if args.files:
        return _backup_files(args, store)
    if args.file is not None and args.every is None:
        print(f"written: {backup(store, args.file)}")
        return 0
    folder = args.file or settings.backup_folder
    every = settings.backup_every_minutes if args.every is None else args.every
    keep = settings.backup_keep if args.keep is None else args.keep
    if folder is None:
        raise InputError("There is nowhere to write to", expected="a file, or backup.folder in dls.toml")
    if every <= 0:
        raise InputError("Bad schedule", expected="minutes above 0", got=str(every))
    try:
        while True:
            try:
                print(f"written: {backup_into(store, folder, keep)}", flush=True)
            except DLSError as error:  # the next one may succeed; whoever watches the log learns of this one
                print(f"error: {error}", file=sys.stderr, flush=True)
            time.sleep(60 * every)
    except KeyboardInterrupt:
        return 0


def _backup_files(args: argparse.Namespace, store: Store) -> int:
    from dls.study.home_backup import KEYS, backup_home

    if args.every is not None:
        raise InputError(
            "--files makes one backup", got="--every", remedy="run it from the system's scheduler"
        )
    if args.file is None:
        raise InputError("There is nowhere to write to", expected="a new folder")
    made = backup_home(store, args.home, args.file)
    print(f"written: {made.folder}, the database and {made.files} files, {made.size / 2**20:.1f} MiB")
    if (args.home / KEYS).is_file():
        print(f"Not in it: {args.home / KEYS}. Keep a copy apart from the backups.")
    return 0


def run_restore(args: argparse.Namespace) -> int:
    """Check a backup and put it in place."""
    from dls.study.backup import restore
    from dls.study.home_backup import KEYS, restore_home

    if args.file.is_dir():
        done = restore_home(args.file, args.home, replace=args.replace)
        print(f"restored: {done.trail.entries} entries in the audit trail, head {done.trail.head}")
        print(f"{done.files} files beside the database")
        if done.key_missing:
            print(f"The key is not in a backup. Put it back before the next import: {args.home / KEYS}")
        return 0
    trail = restore(args.file, args.home / "study.db", replace=args.replace)
    print(f"restored: {trail.entries} entries in the audit trail, head {trail.head}")
    return 0


def text_of(path: Path) -> str:
    """Text of a file; raises InputError when it cannot be read."""
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("The file cannot be read", got=f"{path}: {error}") from error


def write_text(path: Path, text: str) -> None:
    """Write a new file; raises InputError when it cannot be written."""
    try:
        path.write_text(text)
    except OSError as error:
        raise InputError("The file cannot be written", got=str(error)) from error


def refuse_existing(path: Path) -> None:
    """Raise ConflictError when there is such a file."""
    if path.exists():
        raise ConflictError("The command would overwrite a file", got=str(path), remedy="choose another name")
