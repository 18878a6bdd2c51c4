"""A simulated day's time: each request may say when it happens. Only where the settings allow it.

A simulation drives the ordinary HTTP API with the header ``motcua-now`` (ISO 8601 with a zone). Without
``Settings.simulation`` nothing reads the header, and a production process never has that setting.
"""

from datetime import datetime
from typing import Any

from litestar.types import ASGIApp

from motcua import clock

HEADER = b"motcua-now"


def simulated(app: ASGIApp, kind: str) -> ASGIApp:
    """Return the application as the setting ``simulation`` wants it: as it is, or with requests' own time."""
    return Simulated(app, whole_process=kind == "day") if kind else app


class Simulated:
    """ASGI application around ours that takes the time of a request from its header.

    ``whole_process``: requests without the header go on from the latest that was said, too.
    """

    def __init__(self, app: ASGIApp, *, whole_process: bool) -> None:
        self.app = app
        self._whole = whole_process

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        said = _said(scope) if scope["type"] == "http" else None
        if said is None:
            await self.app(scope, receive, send)
            return
        if self._whole:
            clock.set_forward(said)
        with clock.at(said):
            await self.app(scope, receive, send)


def _said(scope: Any) -> datetime | None:
    for name, value in scope["headers"]:
        if name == HEADER:
            moment = datetime.fromisoformat(value.decode("ascii"))
            return moment if moment.tzinfo else None
    return None
