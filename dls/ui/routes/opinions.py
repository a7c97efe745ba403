"""The models' opinion on a reader's own case, and its saliency: never released before its time."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response
from starlette.routing import Route

from dls.domain import MODELS
from dls.study.accounts import Role
from dls.study.opinion import model_opinion, require_shown_model
from dls.ui import context
from dls.ui.routes import images
from dls.ui.routes.endpoint import Call, endpoint, json_answer


def opinion(call: Call) -> Response:
    """`POST /opinions/{code}`: the models' scores and calls; that they were shown is recorded first."""
    shown = model_opinion(context.store(), call.account.id, call.path["code"])
    return json_answer(
        {
            "models": [
                {
                    "letter": one.letter,
                    "classes": list(one.classes),
                    "scores": list(one.scores),
                    "called": one.called,
                    "slugs": [sequence.slug for sequence in MODELS[one.letter].sequences],
                }
                for one in shown
            ]
        }
    )


def saliency(call: Call) -> Response:
    """`GET /opinions/{code}/{letter}/{slug}[?class=]`: saliency of a model whose opinion was shown."""
    store, letter = context.store(), call.path["letter"]
    case_id = require_shown_model(store, call.account.id, call.path["code"], letter)
    return images.saliency(replace(call, path={**call.path, "case_id": case_id}))


ROUTES = [
    Route("/opinions/{code}", endpoint(opinion, *Role), methods=["POST"]),
    Route(
        "/opinions/{code}/{letter}/{slug}",
        endpoint(saliency, *Role, threads=images.image_threads),
        methods=["GET"],
    ),
]
