"""The servers of a simulated day: processes of their own beside the client, each with a port."""

import asyncio
import contextlib
import multiprocessing
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from multiprocessing.process import BaseProcess

from motcua.settings import Settings


@contextlib.asynccontextmanager
async def serving(settings: Settings, count: int) -> AsyncIterator[list[int]]:
    """Run so many servers until the end of the block; yields their ports.

    They take the moment of a request from its header. What is owed after a command is left to a worker.
    """
    ports = [_free_port() for _ in range(count)]
    context = multiprocessing.get_context("spawn")
    stamped = replace(settings, simulation="stamps")
    servers: list[BaseProcess] = [
        context.Process(target=_serve, args=(stamped, port), daemon=True) for port in ports
    ]
    for server in servers:
        server.start()
    try:
        for port, server in zip(ports, servers, strict=True):
            await _answering(port, server)
        yield ports
    finally:
        for server in servers:
            server.terminate()
        for server in servers:
            await asyncio.to_thread(server.join, 10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _answering(port: int, server: BaseProcess) -> None:
    async with asyncio.timeout(90):
        while True:
            if not server.is_alive():
                raise ChildProcessError("a server of the simulation ended at its start")
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return


def _serve(settings: Settings, port: int) -> None:
    """Be one server, in a process of its own."""
    from motcua import logs

    logs.configure(file=settings.data / f"simulation-{port}.log", level=30)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(settings, port))


async def _run(settings: Settings, port: int) -> None:
    import signal

    from granian.constants import Interfaces
    from granian.server.embed import Server

    from motcua.app import create_app, open_platform
    from motcua.plugins.manager import Plugins
    from motcua.web.simulated import simulated

    plugins = Plugins.discover(settings.blocked_plugins)
    async with open_platform(settings, plugins) as platform:
        server = Server(
            simulated(create_app(platform), settings.simulation),
            address="127.0.0.1",
            port=port,
            interface=Interfaces.ASGI,
            log_enabled=False,
            backlog=1024,
        )
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, server.stop)
        if parent := multiprocessing.parent_process():
            # A simulation that was killed takes its servers along.
            loop.add_reader(parent.sentinel, server.stop)
        await server.serve()
