"""What a step costs the database."""

from collections.abc import Awaitable, Callable

from motcua.platform import Platform


async def trips(platform: Platform, step: Callable[[], Awaitable[object]]) -> int:
    """Return the round trips of a step on a connection that knows its statements.

    The fewest of three times: any connection may just have been replaced by a new one, which learns first.
    """
    costs = []
    for _ in range(3):
        before = platform.db.round_trips
        await step()
        costs.append(platform.db.round_trips - before)
    return min(costs)
