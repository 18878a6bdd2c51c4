"""The citizens' portal: find, apply, track, collect. Every page works without JavaScript."""

from typing import Any

from motcua.portal import (
    again,
    appointment,
    appointments,
    begin,
    choosing_unit,
    clock,
    find,
    finish,
    looked,
    mine,
    mine_papers,
    my_papers,
    one_tap,
    papers,
    queue,
    queue_api,
    queue_door,
    queue_ticket,
    shared,
    sharing,
    tracking,
    verify_pages,
)

_PARTS = (
    find,
    begin,
    again,
    papers,
    one_tap,
    choosing_unit,
    finish,
    tracking,
    verify_pages,
    mine,
    mine_papers,
    my_papers,
    sharing,
    shared,
    looked,
    clock,
    queue,
    queue_ticket,
    queue_door,
    appointments,
    appointment,
    queue_api,
)
ROUTES: list[Any] = [route for part in _PARTS for route in part.ROUTES]
