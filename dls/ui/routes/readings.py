"""A reader's cases: what the reading room shows, drafts, signing.  A save is answered after its commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal

from starlette.responses import Response
from starlette.routing import Route

from dls.domain import LesionClass
from dls.errors import ConflictError, InputError
from dls.study.accounts import Role
from dls.study.interaction import record_interaction
from dls.study.protocol import TRAINING, protocol
from dls.study.reading import (
    Assignment,
    Entry,
    Reading,
    assignment,
    next_assignment,
    revise,
    save_draft,
    sign,
    signed_reading,
    worklist,
)
from dls.study.sessions import gate
from dls.ui import context
from dls.ui.patient_facts import patient_facts
from dls.ui.routes.endpoint import Call, endpoint, json_answer, refusal
from dls.ui.routes.images import image_threads, viewer_images

DRAFT_FIELDS = {"lesion_class", "malignancy", "comment", "active_seconds", "opened_at", "ranking"}
ENTRY_FIELDS = {"lesion_class", "malignancy", "comment", "active_seconds", "wall_seconds"}
OPTIONAL_FIELDS = {"stage", "ranking"}
"""Of studies that ask for more: which of two stages is signed, and the classes in order."""


def room(call: Call) -> Response:
    """`GET /readings/{code}`: everything about a case that its reader may know."""
    store = context.store()
    own = assignment(store, call.account.id, call.path["code"])
    following = next_assignment(store, call.account.id, own.code)
    before = _before(own)
    content = {**case_content(own.case_id, own.code), **_place(own, call.account.id)}
    content |= {
        "status": own.status,
        "condition": own.condition,
        "stage": own.stage,
        "training": own.session == TRAINING,
        "ranking_asked": protocol(store).ranking_asked,
        "draft": own.draft,
        "signed": _own_answer(signed_reading(store, call.account.id, own.code)),
        "next": following.code if following else None,
        "before": before.code if before else None,
    }
    if following:
        context.prefetch(following.case_id)
    return json_answer(content)


def _own_answer(reading: Reading | None) -> dict[str, Any] | None:
    """What the reader signed last on this case; None before."""
    if reading is None:
        return None
    answer = asdict(reading.entry)
    return {**answer, "stage": reading.stage, "revision": reading.revision, "signed_at": reading.signed_at}


def _before(own: Assignment) -> Assignment | None:
    """The case before this one in its session, when it is signed: a reader may look back and revise."""
    session = [a for a in worklist(context.store(), own.reader_id) if a.session == own.session]
    earlier = [a for a in session if a.position < own.position and a.status == "signed"]
    return earlier[-1] if earlier else None


def case_content(case_id: int, code: str) -> dict[str, Any]:
    """Images, outline and clinical data of a case, under the opaque code of whoever asked for it."""
    case = context.store().case(case_id)
    return {
        "code": code,
        "notice": "Phantom images" if case.simulated_images else None,
        "classes": [lesion.label for lesion in LesionClass],
        "clinical": patient_facts(case.clinical, context.store()),
        **viewer_images(case_id, f"images/{code}"),
    }


def draft(call: Call) -> Response:
    """`PUT /readings/{code}/draft`: keep what was entered so far."""
    unknown = set(call.body) - DRAFT_FIELDS
    if unknown:
        raise InputError("Unknown fields in a draft", expected=_names(DRAFT_FIELDS), got=_names(unknown))
    save_draft(context.store(), call.account.id, call.path["code"], call.body)
    return json_answer({"saved_at": context.store().now()})


def signed(call: Call) -> Response:
    """`POST /readings/{code}/sign`: sign the answer; says which case comes next, and how many are left.

    A case that is signed already answers 409, with the next case too, and stays as it was signed.
    """
    store, code = context.store(), call.path["code"]
    try:
        reading = sign(store, call.account.id, code, _entry(call.body), stage=_stage(call.body))
    except ConflictError as error:
        return refusal(409, str(error), **_following(call, code))
    return json_answer({"signed_at": reading.signed_at, **_following(call, code)})


def revised(call: Call) -> Response:
    """`POST /readings/{code}/revise`: sign a changed answer with a `reason`; the one before is kept."""
    store, code = context.store(), call.path["code"]
    answer = dict(call.body)
    reason = answer.pop("reason", "")
    if not isinstance(reason, str):
        raise InputError("A revision needs a reason", expected="words", got=repr(reason))
    reading = revise(store, call.account.id, code, _entry(answer), reason)
    return json_answer(
        {"signed_at": reading.signed_at, "revision": reading.revision, **_following(call, code)}
    )


def interaction(call: Call) -> Response:
    """`POST /readings/{code}/interactions`: one part of what was looked at, and when."""
    if set(call.body) != {"visit", "part", "stage", "events"}:
        raise InputError("A part of a visit has other fields", got=_names(call.body))
    fresh = record_interaction(context.store(), call.account.id, call.path["code"], **call.body)
    return json_answer({"kept": fresh})


def _following(call: Call, code: str) -> dict[str, Any]:
    """What comes after a signature, and how many cases of its session are left, itself included.

    The same case again when its second stage is due; `waits` says why, when nothing is open.
    """
    store = context.store()
    own = assignment(store, call.account.id, code)
    following = own if own.status != "signed" else next_assignment(store, call.account.id, code)
    if following is None:
        return {"next": None, "left": 0, "waits": _waits(call.account.id)}
    return {"next": following.code, "left": _place(following, call.account.id)["left"]}


def _waits(reader_id: int) -> str:
    """Why the first session with unread cases is not open; empty when nothing is left to read."""
    store = context.store()
    unread = (a for a in worklist(store, reader_id) if a.status != "signed")
    first = next(unread, None)
    return gate(store, reader_id, first.session).closed_because if first else ""


def _entry(body: Mapping[str, Any]) -> Entry:
    if not ENTRY_FIELDS <= set(body) <= ENTRY_FIELDS | OPTIONAL_FIELDS:
        raise InputError("An answer has other fields", expected=_names(ENTRY_FIELDS), got=_names(body))
    return Entry(**{name: value for name, value in body.items() if name != "stage"})


def _stage(body: Mapping[str, Any]) -> Literal[1, 2] | None:
    """The stage that the reader meant; a study whose readings have one stage need not say it."""
    stage = body.get("stage")
    if stage is None:
        return None
    if stage not in {1, 2} or isinstance(stage, bool):
        raise InputError("There is no such stage", expected="1 or 2", got=repr(stage))
    return 1 if stage == 1 else 2


def _place(own: Assignment, reader_id: int) -> dict[str, int]:
    """Position of a case in its session, and how many there are and are left."""
    session = [a for a in worklist(context.store(), reader_id) if a.session == own.session]
    return {
        "position": own.position,
        "total": len(session),
        "left": sum(a.status != "signed" for a in session),
    }


def _names(fields: Any) -> str:
    return ", ".join(sorted(fields))


# Investigators too: in a dry run they read assignments of their own, and every route asks for the caller's.
ROUTES = [
    Route("/readings/{code}", endpoint(room, *Role, threads=image_threads), methods=["GET"]),
    Route("/readings/{code}/draft", endpoint(draft, *Role), methods=["PUT"]),
    Route("/readings/{code}/sign", endpoint(signed, *Role), methods=["POST"]),
    Route("/readings/{code}/revise", endpoint(revised, *Role), methods=["POST"]),
    Route("/readings/{code}/interactions", endpoint(interaction, *Role), methods=["POST"]),
]
