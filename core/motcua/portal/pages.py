"""The citizens' portal: find, apply, track, collect. Every page works without JavaScript."""

from typing import Any

from motcua.portal import again, begin, clock, find, finish, mine, mine_papers, papers, tracking

ROUTES: list[Any] = [
    route
    for part in (find, begin, again, papers, finish, tracking, mine, mine_papers, clock)
    for route in part.ROUTES
]
