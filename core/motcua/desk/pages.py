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
    steps,
    waiting,
)

ROUTES: list[Any] = [
    route
    for part in (
        *(seats, counters, acting, dossiers, documents, picture, steps),
        *(waiting, clock, devices, outbox, feedback),
    )
    for route in part.ROUTES
]
