"""The desk: where officers call, receive and settle."""

from typing import Any

from motcua.desk import (
    acting,
    clock,
    counters,
    devices,
    documents,
    dossiers,
    feedback,
    outbox,
    picture,
    seats,
    shared,
    steps,
    trust,
    waiting,
    wallet,
    wallet_signature,
    withdrawal,
)

ROUTES: list[Any] = [
    route
    for part in (
        *(seats, counters, acting, dossiers, documents, withdrawal, picture, steps),
        *(wallet, wallet_signature, trust, waiting, clock, devices, outbox, feedback, shared),
    )
    for route in part.ROUTES
]
