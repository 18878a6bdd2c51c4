"""A way for HTTP clients to every host of a house on this machine."""

import httpx2


class Here(httpx2.AsyncHTTPTransport):
    """Sends everything to one port of the loopback interface, under the name that was asked for."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Connect to this machine, whatever the host."""
        request.url = request.url.copy_with(host="127.0.0.1", port=self._port)
        return await super().handle_async_request(request)
