"""The application as granian loads it: opened on the server's start, closed at its end."""

import asyncio
import contextlib
import gc
import os
from typing import Any

import click
import structlog

from motcua import logs
from motcua.app import create_app, open_platform
from motcua.plugins.manager import Plugins
from motcua.running import end_streams_on_stop
from motcua.settings import Settings, from_environment

_log = structlog.get_logger(__name__)


class Application:
    """An ASGI application that opens its platform in the lifespan, in the server's own event loop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await self._app(scope, receive, send)

    async def _lifespan(self, receive: Any, send: Any) -> None:
        await receive()
        async with contextlib.AsyncExitStack() as stack:
            try:
                plugins = Plugins.discover(self._settings.blocked_plugins)
                platform = await stack.enter_async_context(open_platform(self._settings, plugins))
                self._app = create_app(platform)
                # What is made now lasts as long as the process: the collector need not look at it again.
                gc.collect()
                gc.freeze()
            except Exception as error:  # noqa: BLE001 -- whatever it is, the operator must see it
                # The server would go on without the application, and answer 500 for ever.
                _log.critical("web_not_opened", exc_info=True)
                click.echo(f"motcua: {error}", err=True)
                os._exit(1)
            bell = asyncio.create_task(platform.bell.run())
            end_streams_on_stop(platform)
            await send({"type": "lifespan.startup.complete"})
            await receive()
            bell.cancel()
        await send({"type": "lifespan.shutdown.complete"})


def application() -> Application:
    """Return the application of the environment's settings."""
    logs.configure()
    return Application(from_environment())
