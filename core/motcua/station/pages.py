"""The pages of the station below ``/station``, its printer's, and those of the rating device."""

from typing import Any

from litestar import Router

from motcua.station import (
    apply,
    by_wallet,
    entry,
    finish,
    identify,
    inquire,
    numbers,
    papers,
    printer_routes,
    rating,
)
from motcua.station.screen import EXCEPTION_HANDLERS

ROUTES: list[Any] = [
    Router(
        path="/station",
        route_handlers=[
            handler
            for room in (entry, identify, by_wallet, apply, papers, finish, numbers, inquire)
            for handler in room.ROUTES
        ],
        exception_handlers=EXCEPTION_HANDLERS,
    ),
    *printer_routes.ROUTES,
    *rating.ROUTES,
]
