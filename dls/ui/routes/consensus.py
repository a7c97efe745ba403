"""Cases on which the readers differ: their anonymous answers, the same images, and one decision."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from dls.domain import LesionClass
from dls.errors import AccessError, InputError
from dls.study.accounts import Role
from dls.study.consensus import Disagreement, decide, queue
from dls.study.reading import assignment
from dls.ui import context
from dls.ui.routes.endpoint import Call, endpoint, json_answer
from dls.ui.routes.images import image_threads
from dls.ui.routes.readings import case_content

FIELDS = {"lesion_class", "reason", "seconds"}


def case(call: Call) -> Response:
    """`GET /consensus/{code}`: a case of the queue, with the readers' classes in no reader's order."""
    waiting = _waiting(call)
    found = _own(waiting, call.path["code"])
    own = assignment(context.store(), call.account.id, call.path["code"])
    codes = [d.code for d in waiting]
    after = codes[codes.index(own.code) + 1 :] + codes[: codes.index(own.code)]
    return json_answer(
        {
            **case_content(own),
            "answers": [int(answer) for answer in found.answers],
            "simulated": found.simulated,
            "next": after[0] if after else None,
            "left": len(waiting),
        }
    )


def decision(call: Call) -> Response:
    """`POST /consensus/{code}/decide`: store the joint decision; says which case comes next."""
    seconds = call.body.get("seconds")
    if set(call.body) != FIELDS or isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise InputError("A decision has other fields", expected="lesion_class, reason, seconds (a number)")
    waiting = _waiting(call)
    found = _own(waiting, call.path["code"])
    decide(
        context.store(),
        found.case_id,
        LesionClass.parse(call.body["lesion_class"]),
        session=found.session,
        by=call.account.id,
        reason=str(call.body["reason"]),
        seconds=float(seconds),
    )
    left = [d.code for d in waiting if d.code != found.code]
    return json_answer({"next": left[0] if left else None, "decided_at": context.store().now()})


def _waiting(call: Call) -> list[Disagreement]:
    return queue(context.store(), call.account.id)


def _own(waiting: list[Disagreement], code: str) -> Disagreement:
    for found in waiting:
        if found.code == code:
            return found
    raise AccessError("This case does not wait for your decision")


ROUTES = [
    Route("/consensus/{code}", endpoint(case, Role.READER, threads=image_threads), methods=["GET"]),
    Route("/consensus/{code}/decide", endpoint(decision, Role.READER), methods=["POST"]),
]
