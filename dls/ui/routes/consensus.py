"""Cases on which the readers differ: read again alone, then answers without names, and one decision.

Several browsers may be at a case at once: each asks for its state, and learns of the last second reading, of
the decision, and of how many are there.  No answer leaves the server before every second reading is signed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from dls.domain import LesionClass
from dls.errors import AccessError, InputError
from dls.study.accounts import Role
from dls.study.adjudication import adjudicated_state, adjudicates, adjudicator_queue
from dls.study.consensus import Disagreement, decide, queue, state_of
from dls.study.protocol import protocol
from dls.study.reread import sign_reread
from dls.ui import context
from dls.ui.presence import Presence
from dls.ui.routes.endpoint import Call, endpoint, json_answer
from dls.ui.routes.images import image_threads
from dls.ui.routes.readings import case_content

FIELDS = {"lesion_class", "reason", "seconds"}
_HERE = Presence()


def case(call: Call) -> Response:
    """`GET /consensus/{code}`: a case of the queue; the classes, once released, in no reader's order."""
    waiting = _waiting(call)
    found = _found(waiting, call.path["code"])
    return json_answer(
        {
            **case_content(found.case_id, call.path["code"]),
            **_progress(found),
            "answers": [int(answer) for answer in found.answers],
            "rereads": [int(answer) for answer in found.rereads],
            "simulated": found.simulated,
            "alone": adjudicates(protocol(context.store()), call.account.id),
            "next": _next(waiting, call.path["code"]),
            "left": len(waiting),
        }
    )


def state(call: Call) -> Response:
    """`GET /consensus/{code}/state`: what is due, how many read again and are here; the decision."""
    code = call.path["code"]
    waiting = _waiting(call)
    listed = next((d for d in waiting if d.code == code), None)
    if listed is not None:
        here = _HERE.note((context.store().study_id, listed.session, listed.case_id), call.account.id)
        return json_answer({**_progress(listed), "here": here})
    store = context.store()
    alone = adjudicates(protocol(store), call.account.id)
    now = (
        adjudicated_state(store, call.account.id, code)
        if alone
        else state_of(store, call.account.id, code)[0]
    )
    label = None if now.consensus is None else LesionClass(now.consensus).label
    return json_answer({"due": "nothing", "mode": now.mode, "decided": label, "next": _next(waiting, None)})


def again(call: Call) -> Response:
    """`POST /consensus/{code}/reread`: sign a second reading of a disputed case."""
    body = _body(call)
    sign_reread(
        context.store(),
        call.account.id,
        call.path["code"],
        LesionClass.parse(body["lesion_class"]),
        comment=str(body["reason"]),
        seconds=float(body["seconds"]),
    )
    return json_answer({"signed_at": context.store().now()})


def decision(call: Call) -> Response:
    """`POST /consensus/{code}/decide`: store the decision; says which case comes next."""
    body = _body(call)
    waiting = _waiting(call)
    found = _found(waiting, call.path["code"])
    decide(
        context.store(),
        found.case_id,
        LesionClass.parse(body["lesion_class"]),
        session=found.session,
        by=call.account.id,
        reason=str(body["reason"]),
        seconds=float(body["seconds"]),
    )
    return json_answer({"next": _next(waiting, call.path["code"]), "decided_at": context.store().now()})


def _body(call: Call) -> Mapping[str, Any]:
    seconds = call.body.get("seconds")
    if set(call.body) != FIELDS or isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise InputError("A decision has other fields", expected="lesion_class, reason, seconds (a number)")
    return call.body


def _waiting(call: Call) -> list[Disagreement]:
    store = context.store()
    return adjudicator_queue(store, call.account.id) or queue(store, call.account.id)


def _found(waiting: list[Disagreement], code: str) -> Disagreement:
    for found in waiting:
        if found.code == code:
            return found
    raise AccessError("This case does not wait for your decision")


def _next(waiting: list[Disagreement], code: str | None) -> str | None:
    """The case after one of the list, from the start again at its end; all readers have the same order."""
    codes = [d.code for d in waiting]
    place = codes.index(code) if code in codes else -1
    following = [c for c in (*codes[place + 1 :], *codes[: place + 1]) if c != code]
    return following[0] if following else None


def _progress(found: Disagreement) -> dict[str, Any]:
    return {"due": found.due, "of": found.readers, "reread": found.reread}


ROUTES = [
    Route("/consensus/{code}", endpoint(case, Role.READER, threads=image_threads), methods=["GET"]),
    Route("/consensus/{code}/state", endpoint(state, Role.READER), methods=["GET"]),
    Route("/consensus/{code}/reread", endpoint(again, Role.READER), methods=["POST"]),
    Route("/consensus/{code}/decide", endpoint(decision, Role.READER), methods=["POST"]),
]
