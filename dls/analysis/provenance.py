"""What a result rests on: protocol and its freeze, code, model packages, and the time of the newest entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dls.study.embeddings import newest_settings
from dls.study.exclusions import Flow, flow
from dls.study.freezing import code_version
from dls.study.protocol import Protocol, freeze_id, protocol, title, versions
from dls.study.store import Store


@dataclass(frozen=True, slots=True)
class Provenance:
    """Origin of the results of a study.

    Parameters
    ----------
    freeze_id : of the protocol's newest version; None while it is not frozen
    code_version : version of the program and a hash over its source
    packages : letter -> SHA-256 of the model package that made the predictions
    plan : the protocol
    as_of : time of the newest reading, decision or version of the protocol; never the time of the clock
    cases, simulated_images : cases in the study, and those among them whose images are simulated
    maps : letter -> settings of the model's stored t-SNE map
    flow : from the patients assessed to the cases analysed
    """

    title: str
    freeze_id: str | None
    code_version: str
    packages: Mapping[str, str]
    plan: Protocol
    as_of: datetime
    cases: int
    simulated_images: int
    maps: Mapping[str, Mapping[str, Any]]
    flow: Flow


def origin(frozen: str | None, code: str) -> str:
    """What a result rests on, in a line: the protocol by its freeze id, and the version of the program."""
    return f"{f'protocol frozen, id {frozen}' if frozen else 'protocol not frozen'} · code {code}"


def provenance(store: Store) -> Provenance:
    """Origin of the study's results as they are now."""
    plan, cases, packages = protocol(store), store.cases(), store.packages()
    settings = {letter: newest_settings(store, letter, "tsne") for letter in plan.models}
    return Provenance(
        title=title(store),
        freeze_id=freeze_id(store),
        code_version=code_version(),
        packages={letter: packages[letter] for letter in plan.models if letter in packages},
        plan=plan,
        as_of=_newest(store),
        cases=len(cases),
        simulated_images=int(cases["simulated_images"].sum()) if len(cases) else 0,
        maps={letter: found for letter, found in settings.items() if found is not None},
        flow=flow(store),
    )


def _newest(store: Store) -> datetime:
    written = [datetime.fromisoformat(version["created_at"]) for version in versions(store)]
    for column in (store.readings()["signed_at"], store.consensus()["decided_at"]):
        written += [moment.to_pydatetime() for moment in column.dropna().nlargest(1)]
    return max(written)
