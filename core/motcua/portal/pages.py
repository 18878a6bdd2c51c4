"""The citizens' portal: find, apply, track, collect. Every page works without JavaScript."""

from typing import Any

from motcua.portal import (
    again,
    appointment,
    appointments,
    begin,
    clock,
    find,
    finish,
    mine,
    mine_papers,
    papers,
    queue,
    queue_api,
    queue_door,
    queue_ticket,
    tracking,
)

_PARTS = (
    find,
    begin,
    again,
    papers,
    finish,
    tracking,
    mine,
    mine_papers,
    clock,
    queue,
    queue_ticket,
    queue_door,
    appointments,
    appointment,
    queue_api,
)
ROUTES: list[Any] = [route for part in _PARTS for route in part.ROUTES]
