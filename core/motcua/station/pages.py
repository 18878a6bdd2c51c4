"""The pages of the station, below ``/station``."""

from typing import Any

from litestar import Router

from motcua.station import apply, entry, finish, identify, inquire, papers
from motcua.station.screen import EXCEPTION_HANDLERS

ROUTES: list[Any] = [
    Router(
        path="/station",
        route_handlers=[
            handler
            for room in (entry, identify, apply, papers, finish, inquire)
            for handler in room.ROUTES
        ],
        exception_handlers=EXCEPTION_HANDLERS,
    )
]
