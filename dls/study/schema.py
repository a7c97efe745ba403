"""Tables of the study database, as migrations that are only ever added to.

Rules of the schema:

- every table is STRICT, with foreign keys;
- what is evidence (cases, order, readings, consensus, predictions, protocol, audit) is append-only: triggers
  refuse UPDATE and DELETE, and a correction is a new row that names the one it supersedes;
- times are UTC, ISO 8601 with microseconds and a final Z.
"""

from __future__ import annotations

from sqlite_utils import Database as SqliteUtils
from sqlite_utils import Migrations

MIGRATIONS = Migrations("dls.study")


@MIGRATIONS()
def m001_audit_and_accounts(db: SqliteUtils) -> None:
    """The hash chain, people, their sign-ins and the throttle."""
    _create(
        db,
        """
        CREATE TABLE audit (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at TEXT NOT NULL,
            actor_id INTEGER,
            action TEXT NOT NULL,
            detail TEXT NOT NULL,
            previous TEXT NOT NULL UNIQUE,
            hash TEXT NOT NULL UNIQUE
        ) STRICT;
        CREATE TABLE account (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            username TEXT NOT NULL UNIQUE COLLATE NOCASE,
            name TEXT NOT NULL,
            role TEXT NOT NULL CHECK (role IN ('reader', 'investigator', 'administrator')),
            password_hash TEXT NOT NULL,
            disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
            created_at TEXT NOT NULL
        ) STRICT;
        CREATE TABLE sign_in (
            id INTEGER PRIMARY KEY,
            token_sha256 TEXT NOT NULL UNIQUE,
            account_id INTEGER NOT NULL REFERENCES account (id),
            created_at TEXT NOT NULL,
            seen_at TEXT NOT NULL,
            expires_at TEXT NOT NULL,
            revoked_at TEXT
        ) STRICT;
        CREATE INDEX sign_in_of_account ON sign_in (account_id);
        CREATE TABLE throttle (
            key TEXT PRIMARY KEY,
            failures INTEGER NOT NULL,
            last_at TEXT NOT NULL,
            blocked_until TEXT NOT NULL
        ) STRICT;
        """,
    )
    _append_only(db, "audit")


@MIGRATIONS()
def m002_study_and_protocol(db: SqliteUtils) -> None:
    """Studies, versions of their protocols, and the freezing of a version."""
    _create(
        db,
        """
        CREATE TABLE study (
            id INTEGER PRIMARY KEY,
            title TEXT NOT NULL,
            created_at TEXT NOT NULL
        ) STRICT;
        CREATE TABLE protocol (
            id INTEGER PRIMARY KEY,
            study_id INTEGER NOT NULL REFERENCES study (id),
            version INTEGER NOT NULL CHECK (version >= 1),
            content TEXT NOT NULL CHECK (json_valid(content)),
            sha256 TEXT NOT NULL,
            reason TEXT NOT NULL,
            created_at TEXT NOT NULL,
            UNIQUE (study_id, version)
        ) STRICT;
        CREATE TABLE freeze (
            id INTEGER PRIMARY KEY,
            study_id INTEGER NOT NULL REFERENCES study (id),
            protocol_id INTEGER NOT NULL UNIQUE REFERENCES protocol (id),
            content TEXT NOT NULL CHECK (json_valid(content)),
            freeze_id TEXT NOT NULL UNIQUE,
            reason TEXT NOT NULL,
            frozen_at TEXT NOT NULL
        ) STRICT;
        """,
    )
    _append_only(db, "study", "protocol", "freeze")


@MIGRATIONS()
def m003_cases_and_order(db: SqliteUtils) -> None:
    """Cases, the case set of a study, and each reader's stored order."""
    _create(
        db,
        """
        CREATE TABLE patient_case (
            id INTEGER PRIMARY KEY,
            code TEXT NOT NULL UNIQUE,
            lesion_class INTEGER NOT NULL CHECK (lesion_class BETWEEN 0 AND 6),
            reference_standard TEXT NOT NULL,
            lesion_mm REAL NOT NULL CHECK (lesion_mm > 0),
            scanner TEXT NOT NULL,
            clinical TEXT NOT NULL CHECK (json_valid(clinical)),
            image_source TEXT NOT NULL,
            simulated_images INTEGER NOT NULL CHECK (simulated_images IN (0, 1)),
            added_at TEXT NOT NULL
        ) STRICT;
        CREATE TABLE study_case (
            id INTEGER PRIMARY KEY,
            study_id INTEGER NOT NULL REFERENCES study (id),
            case_id INTEGER NOT NULL REFERENCES patient_case (id),
            UNIQUE (study_id, case_id)
        ) STRICT;
        CREATE TABLE assignment (
            id INTEGER PRIMARY KEY,
            code TEXT NOT NULL UNIQUE,
            study_id INTEGER NOT NULL,
            reader_id INTEGER NOT NULL REFERENCES account (id),
            session INTEGER NOT NULL CHECK (session >= 1),
            case_id INTEGER NOT NULL,
            occasion INTEGER NOT NULL DEFAULT 1 CHECK (occasion >= 1),
            position INTEGER NOT NULL CHECK (position >= 1),
            UNIQUE (study_id, reader_id, session, case_id, occasion),
            UNIQUE (study_id, reader_id, session, position),
            FOREIGN KEY (study_id, case_id) REFERENCES study_case (study_id, case_id)
        ) STRICT;
        CREATE INDEX assignment_of_case ON assignment (study_id, session, case_id);
        """,
    )
    _append_only(db, "patient_case", "study_case", "assignment")


@MIGRATIONS()
def m004_readings(db: SqliteUtils) -> None:
    """Drafts, signed readings with their revisions, and the consensus.

    `stage` 1 is the reading without the model's opinion, 2 the one after it was shown.
    """
    _create(
        db,
        """
        CREATE TABLE draft (
            assignment_id INTEGER PRIMARY KEY REFERENCES assignment (id),
            content TEXT NOT NULL CHECK (json_valid(content)),
            saved_at TEXT NOT NULL
        ) STRICT;
        CREATE TABLE reading (
            id INTEGER PRIMARY KEY,
            study_id INTEGER NOT NULL,
            reader_id INTEGER NOT NULL,
            session INTEGER NOT NULL,
            case_id INTEGER NOT NULL,
            occasion INTEGER NOT NULL DEFAULT 1,
            stage INTEGER NOT NULL DEFAULT 1 CHECK (stage IN (1, 2)),
            revision INTEGER NOT NULL CHECK (revision >= 1),
            supersedes INTEGER UNIQUE REFERENCES reading (id),
            protocol_id INTEGER NOT NULL REFERENCES protocol (id),
            lesion_class INTEGER NOT NULL CHECK (lesion_class BETWEEN 0 AND 6),
            malignancy REAL NOT NULL CHECK (malignancy BETWEEN 0 AND 100),
            ranking TEXT CHECK (ranking IS NULL OR json_valid(ranking)),
            comment TEXT NOT NULL,
            reason TEXT NOT NULL,
            active_seconds REAL NOT NULL CHECK (active_seconds >= 0),
            wall_seconds REAL NOT NULL CHECK (wall_seconds >= 0),
            signed_at TEXT NOT NULL,
            simulated INTEGER NOT NULL CHECK (simulated IN (0, 1)),
            CHECK ((revision = 1) = (supersedes IS NULL)),
            CHECK ((revision = 1) = (reason = '')),
            UNIQUE (study_id, reader_id, session, case_id, occasion, stage, revision),
            FOREIGN KEY (study_id, reader_id, session, case_id, occasion)
                REFERENCES assignment (study_id, reader_id, session, case_id, occasion)
        ) STRICT;
        CREATE INDEX reading_of_case ON reading (study_id, session, case_id);
        CREATE TABLE consensus (
            id INTEGER PRIMARY KEY,
            study_id INTEGER NOT NULL,
            session INTEGER NOT NULL,
            case_id INTEGER NOT NULL,
            revision INTEGER NOT NULL CHECK (revision >= 1),
            mode TEXT NOT NULL CHECK (mode IN ('unanimous', 'joint', 'majority', 'adjudicator', 'withdrawn')),
            lesion_class INTEGER CHECK (lesion_class BETWEEN 0 AND 6),
            reason TEXT NOT NULL,
            seconds REAL NOT NULL CHECK (seconds >= 0),
            simulated INTEGER NOT NULL CHECK (simulated IN (0, 1)),
            decided_by INTEGER REFERENCES account (id),
            decided_at TEXT NOT NULL,
            CHECK ((mode = 'withdrawn') = (lesion_class IS NULL)),
            UNIQUE (study_id, session, case_id, revision),
            FOREIGN KEY (study_id, case_id) REFERENCES study_case (study_id, case_id)
        ) STRICT;
        """,
    )
    _append_only(db, "reading", "consensus")


@MIGRATIONS()
def m005_predictions(db: SqliteUtils) -> None:
    """Model packages, their scores of every image group, and feature maps."""
    _create(
        db,
        """
        CREATE TABLE package (
            id INTEGER PRIMARY KEY,
            letter TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            registered_at TEXT NOT NULL,
            UNIQUE (letter, sha256)
        ) STRICT;
        CREATE TABLE prediction (
            id INTEGER PRIMARY KEY,
            package_id INTEGER NOT NULL REFERENCES package (id),
            case_id INTEGER NOT NULL REFERENCES patient_case (id),
            group_index INTEGER NOT NULL CHECK (group_index >= 0),
            p0 REAL NOT NULL, p1 REAL NOT NULL, p2 REAL, p3 REAL, p4 REAL, p5 REAL, p6 REAL,
            UNIQUE (package_id, case_id, group_index)
        ) STRICT;
        CREATE TABLE embedding (
            id INTEGER PRIMARY KEY,
            letter TEXT NOT NULL,
            method TEXT NOT NULL,
            settings TEXT NOT NULL CHECK (json_valid(settings)),
            created_at TEXT NOT NULL
        ) STRICT;
        CREATE INDEX embedding_of_letter ON embedding (letter, method);
        CREATE TABLE embedding_point (
            id INTEGER PRIMARY KEY,
            embedding_id INTEGER NOT NULL REFERENCES embedding (id),
            case_id INTEGER NOT NULL REFERENCES patient_case (id),
            group_index INTEGER NOT NULL CHECK (group_index >= 0),
            x REAL NOT NULL,
            y REAL NOT NULL,
            UNIQUE (embedding_id, case_id, group_index)
        ) STRICT;
        """,
    )
    _append_only(db, "package", "prediction", "embedding", "embedding_point")


@MIGRATIONS()
def m006_imports(db: SqliteUtils) -> None:
    """Where the images of a case came from, what was removed of them, and who said which series is what.

    A correction is a new revision; `delivery` is the hash of the files' content.
    """
    _create(
        db,
        """
        CREATE TABLE case_import (
            id INTEGER PRIMARY KEY,
            case_id INTEGER NOT NULL REFERENCES patient_case (id),
            revision INTEGER NOT NULL CHECK (revision >= 1),
            delivery TEXT NOT NULL CHECK (length(delivery) = 32),
            lesion INTEGER NOT NULL CHECK (lesion >= 1),
            source TEXT NOT NULL CHECK (source IN ('folder', 'zip', 'browser', 'dicomweb', 'dimse')),
            files INTEGER NOT NULL CHECK (files >= 1),
            removed TEXT NOT NULL CHECK (json_valid(removed)),
            series TEXT NOT NULL CHECK (json_valid(series)),
            reason TEXT NOT NULL,
            imported_by INTEGER REFERENCES account (id),
            imported_at TEXT NOT NULL,
            UNIQUE (case_id, revision)
        ) STRICT;
        CREATE INDEX case_import_of_delivery ON case_import (delivery, lesion);
        """,
    )
    _append_only(db, "case_import")


@MIGRATIONS()
def m007_reader_study(db: SqliteUtils) -> None:
    """What a reader study needs beside its readings.

    Exclusions, readers' profiles, arms of a crossover, the showing of a model's opinion and of other readers'
    answers, overridden washouts, signatures, and which study of the file is open.  `analysed_case` are the
    cases of a study without the excluded ones and those for training.  Sign-ins of before end here, because
    from now on each one is under a seal.
    """
    db.execute("DELETE FROM sign_in")
    _create(
        db,
        """
        CREATE TABLE exclusion (
            id INTEGER PRIMARY KEY,
            study_id INTEGER NOT NULL REFERENCES study (id),
            case_id INTEGER,
            cases INTEGER NOT NULL CHECK (cases >= 1),
            reason TEXT NOT NULL CHECK (reason <> ''),
            excluded_at TEXT NOT NULL,
            CHECK (case_id IS NULL OR cases = 1),
            UNIQUE (study_id, case_id),
            FOREIGN KEY (study_id, case_id) REFERENCES study_case (study_id, case_id)
        ) STRICT;
        CREATE TABLE reader_profile (
            id INTEGER PRIMARY KEY,
            account_id INTEGER NOT NULL REFERENCES account (id),
            years REAL NOT NULL CHECK (years >= 0),
            specialty TEXT NOT NULL,
            noted_at TEXT NOT NULL
        ) STRICT;
        CREATE TABLE arm (
            id INTEGER PRIMARY KEY,
            assignment_id INTEGER NOT NULL UNIQUE REFERENCES assignment (id),
            condition TEXT NOT NULL CHECK (condition IN ('unaided', 'sequential', 'aided'))
        ) STRICT;
        CREATE TABLE opinion_shown (
            id INTEGER PRIMARY KEY,
            assignment_id INTEGER NOT NULL UNIQUE REFERENCES assignment (id),
            content TEXT NOT NULL CHECK (json_valid(content)),
            shown_at TEXT NOT NULL
        ) STRICT;
        CREATE TABLE answers_seen (
            id INTEGER PRIMARY KEY,
            assignment_id INTEGER NOT NULL UNIQUE REFERENCES assignment (id),
            seen_at TEXT NOT NULL
        ) STRICT;
        CREATE TABLE washout_override (
            id INTEGER PRIMARY KEY,
            study_id INTEGER NOT NULL REFERENCES study (id),
            reader_id INTEGER NOT NULL REFERENCES account (id),
            session INTEGER NOT NULL CHECK (session >= 1),
            reason TEXT NOT NULL CHECK (reason <> ''),
            overridden_by INTEGER REFERENCES account (id),
            overridden_at TEXT NOT NULL,
            UNIQUE (study_id, reader_id, session)
        ) STRICT;
        CREATE TABLE signature (
            id INTEGER PRIMARY KEY,
            freeze_id TEXT NOT NULL UNIQUE REFERENCES freeze (freeze_id),
            account_id INTEGER NOT NULL REFERENCES account (id),
            name TEXT NOT NULL,
            role TEXT NOT NULL,
            meaning TEXT NOT NULL CHECK (meaning <> ''),
            signed_at TEXT NOT NULL
        ) STRICT;
        CREATE TABLE open_study (
            id INTEGER PRIMARY KEY,
            study_id INTEGER NOT NULL REFERENCES study (id),
            opened_at TEXT NOT NULL
        ) STRICT;
        CREATE VIEW analysed_case AS
            SELECT s.study_id, s.case_id FROM study_case s
            WHERE NOT EXISTS (
                SELECT 1 FROM exclusion x WHERE x.study_id = s.study_id AND x.case_id = s.case_id
            ) AND NOT EXISTS (
                SELECT 1 FROM protocol p, json_each(p.content, '$.training_cases') t
                WHERE p.study_id = s.study_id AND t.value = s.case_id
                AND p.version = (SELECT max(version) FROM protocol n WHERE n.study_id = s.study_id)
            );
        """,
    )
    _append_only(
        db,
        "exclusion",
        "reader_profile",
        "arm",
        "opinion_shown",
        "answers_seen",
        "washout_override",
        "signature",
        "open_study",
    )


@MIGRATIONS()
def m008_invitation_and_identity(db: SqliteUtils) -> None:
    """First passwords by invitation, and identities at an outside provider (OpenID Connect)."""
    _create(
        db,
        """
        CREATE TABLE invitation (
            id INTEGER PRIMARY KEY,
            account_id INTEGER NOT NULL UNIQUE REFERENCES account (id),
            token_sha256 TEXT NOT NULL UNIQUE,
            expires_at TEXT NOT NULL
        ) STRICT;
        CREATE TABLE identity (
            id INTEGER PRIMARY KEY,
            account_id INTEGER NOT NULL REFERENCES account (id),
            issuer TEXT NOT NULL,
            subject TEXT NOT NULL,
            linked_at TEXT NOT NULL,
            UNIQUE (issuer, subject)
        ) STRICT;
        CREATE TABLE provider_request (
            state_sha256 TEXT PRIMARY KEY,
            nonce TEXT NOT NULL,
            verifier TEXT NOT NULL,
            expires_at TEXT NOT NULL
        ) STRICT;
        """,
    )
    _append_only(db, "identity")


@MIGRATIONS()
def m009_outlines(db: SqliteUtils) -> None:
    """Lesions' outlines and sequences' shifts as people drew them, in revisions."""
    _create(
        db,
        """
        CREATE TABLE case_outline (
            id INTEGER PRIMARY KEY,
            case_id INTEGER NOT NULL REFERENCES patient_case (id),
            revision INTEGER NOT NULL CHECK (revision >= 1),
            content TEXT NOT NULL CHECK (json_valid(content)),
            reason TEXT NOT NULL,
            drawn_by INTEGER REFERENCES account (id),
            drawn_at TEXT NOT NULL,
            UNIQUE (case_id, revision)
        ) STRICT;
        """,
    )
    _append_only(db, "case_outline")


@MIGRATIONS()
def m010_prediction_jobs(db: SqliteUtils) -> None:
    """Long work that pages ask for, and which package of a model a study works with."""
    _create(
        db,
        """
        CREATE TABLE job (
            id INTEGER PRIMARY KEY,
            study_id INTEGER NOT NULL REFERENCES study (id),
            kind TEXT NOT NULL,
            settings TEXT NOT NULL CHECK (json_valid(settings)),
            state TEXT NOT NULL DEFAULT 'waiting'
                CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
            done INTEGER NOT NULL DEFAULT 0,
            total INTEGER NOT NULL DEFAULT 0,
            step TEXT NOT NULL DEFAULT '',
            message TEXT NOT NULL DEFAULT '',
            attempts INTEGER NOT NULL DEFAULT 0,
            cancelling INTEGER NOT NULL DEFAULT 0 CHECK (cancelling IN (0, 1)),
            changes INTEGER NOT NULL DEFAULT 1,
            runner TEXT,
            heard_at TEXT,
            asked_by INTEGER REFERENCES account (id),
            asked_at TEXT NOT NULL,
            ended_at TEXT
        ) STRICT;
        CREATE INDEX job_of_state ON job (study_id, state);
        CREATE TABLE package_choice (
            id INTEGER PRIMARY KEY,
            study_id INTEGER NOT NULL REFERENCES study (id),
            letter TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            chosen_at TEXT NOT NULL
        ) STRICT;
        """,
    )
    _append_only(db, "package_choice")


@MIGRATIONS()
def m011_interaction(db: SqliteUtils) -> None:
    """What readers looked at, and when."""
    _create(
        db,
        """
        CREATE TABLE interaction (
            id INTEGER PRIMARY KEY,
            assignment_id INTEGER NOT NULL REFERENCES assignment (id),
            stage INTEGER NOT NULL CHECK (stage IN (1, 2)),
            visit TEXT NOT NULL,
            part INTEGER NOT NULL CHECK (part >= 1),
            events TEXT NOT NULL CHECK (json_valid(events)),
            received_at TEXT NOT NULL,
            UNIQUE (assignment_id, visit, part)
        ) STRICT;
        """,
    )
    _append_only(db, "interaction")


@MIGRATIONS()
def m012_consensus_room(db: SqliteUtils) -> None:
    """Second readings of disputed cases, cases given to adjudicators, and consensus by second readings.

    The table of the consensus is made anew, because SQLite cannot widen a CHECK; its rows stay as they are.
    """
    columns = (
        "id, study_id, session, case_id, revision, mode, lesion_class, reason, seconds, simulated, "
        "decided_by, decided_at"
    )
    _create(
        db,
        f"""
        CREATE TABLE reread (
            id INTEGER PRIMARY KEY,
            assignment_id INTEGER NOT NULL UNIQUE REFERENCES assignment (id),
            lesion_class INTEGER NOT NULL CHECK (lesion_class BETWEEN 0 AND 6),
            comment TEXT NOT NULL,
            seconds REAL NOT NULL CHECK (seconds >= 0),
            signed_at TEXT NOT NULL
        ) STRICT;
        CREATE TABLE adjudication (
            id INTEGER PRIMARY KEY,
            code TEXT NOT NULL UNIQUE,
            study_id INTEGER NOT NULL,
            adjudicator_id INTEGER NOT NULL REFERENCES account (id),
            session INTEGER NOT NULL CHECK (session >= 1),
            case_id INTEGER NOT NULL,
            given_at TEXT NOT NULL,
            UNIQUE (study_id, adjudicator_id, session, case_id),
            FOREIGN KEY (study_id, case_id) REFERENCES study_case (study_id, case_id)
        ) STRICT;
        ALTER TABLE consensus RENAME TO consensus_before;
        CREATE TABLE consensus (
            id INTEGER PRIMARY KEY,
            study_id INTEGER NOT NULL,
            session INTEGER NOT NULL,
            case_id INTEGER NOT NULL,
            revision INTEGER NOT NULL CHECK (revision >= 1),
            mode TEXT NOT NULL CHECK (
                mode IN ('unanimous', 'reread', 'joint', 'majority', 'adjudicator', 'withdrawn')
            ),
            lesion_class INTEGER CHECK (lesion_class BETWEEN 0 AND 6),
            reason TEXT NOT NULL,
            seconds REAL NOT NULL CHECK (seconds >= 0),
            simulated INTEGER NOT NULL CHECK (simulated IN (0, 1)),
            decided_by INTEGER REFERENCES account (id),
            decided_at TEXT NOT NULL,
            CHECK ((mode = 'withdrawn') = (lesion_class IS NULL)),
            UNIQUE (study_id, session, case_id, revision),
            FOREIGN KEY (study_id, case_id) REFERENCES study_case (study_id, case_id)
        ) STRICT;
        INSERT INTO consensus ({columns}) SELECT {columns} FROM consensus_before ORDER BY id;
        DROP TABLE consensus_before;
        """,
    )
    _append_only(db, "reread", "adjudication", "consensus")


def _create(db: SqliteUtils, statements: str) -> None:
    """Run several statements inside the migration's own transaction (executescript would commit it)."""
    for statement in statements.split(";"):
        if statement.strip():
            db.execute(statement)


def _append_only(db: SqliteUtils, *tables: str) -> None:
    """Make the tables refuse UPDATE and DELETE."""
    for table in tables:
        for verb in ("UPDATE", "DELETE"):
            db.execute(
                f"CREATE TRIGGER {table}_refuses_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
