"""The desk: where officers call, receive and settle."""

from typing import Any

from motcua.desk import (
    clock,
    counters,
    devices,
    documents,
    dossiers,
    outbox,
    picture,
    steps,
    waiting,
)

ROUTES: list[Any] = [
    route
    for part in (counters, dossiers, documents, picture, steps, waiting, clock, devices, outbox)
    for route in part.ROUTES
]
