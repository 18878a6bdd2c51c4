"""The citizens' portal: find, apply, track, collect. Every page works without JavaScript."""

from typing import Any

from motcua.portal import begin, find, finish, mine, mine_papers, papers, tracking

ROUTES: list[Any] = [
    route
    for part in (find, begin, papers, finish, tracking, mine, mine_papers)
    for route in part.ROUTES
]
