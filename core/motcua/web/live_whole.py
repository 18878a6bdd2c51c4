"""The simplest source: one thing that is read anew and told whole whenever it has changed."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from motcua.web.live_wire import Message


class Whole:
    """Tells what ``read`` returns as one event, on connect and after each change.

    ``read`` returns anything JSON can say; ``topics`` are the bells after which it is read again. It is read
    now and then without a ring, too, so that what moves with time moves. There are no numbers to resume by:
    whoever comes back gets the whole.
    """

    seq = None

    def __init__(
        self, topics: Sequence[str], read: Callable[[], Awaitable[object]], event: str = "html"
    ) -> None:
        self.topics = topics
        self._read = read
        self._event = event
        self._told = b""
        self._data: object = None

    async def look(self, *, rung: bool) -> list[Message]:
        """Return the thing when it is not as it was."""
        first, before = not self._told, self._told
        self._data = await self._read()
        self._told = msgspec.json.encode(self._data)
        return self.greeting() if self._told != before and not first else []

    def greeting(self) -> list[Message]:
        """Return the thing as it was read last."""
        return [(self._event, self._data, None)]

    async def missed(self, after: int, upto: int) -> list[Message]:
        """Return nothing: the whole says it all."""
        return []
