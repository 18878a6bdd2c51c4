"""The desk: where officers call, receive and settle."""

from typing import Any

from motcua.desk import counters, devices, documents, dossiers, outbox, steps

ROUTES: list[Any] = [
    route
    for part in (counters, dossiers, documents, steps, devices, outbox)
    for route in part.ROUTES
]
