"""Where the parts meet: open the platform, join routes, pages and plugins, answer requests."""

import contextlib
from collections.abc import AsyncIterator, Iterable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from litestar import Litestar, Router, get
from litestar.config.csrf import CSRFConfig
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException, NotFoundException
from litestar.handlers.base import BaseRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.static_files import create_static_files_router

from motcua import __version__
from motcua.catalogue.adopted import Catalogue
from motcua.errors import Problem
from motcua.events.bell import Bell
from motcua.events.outbox import Effects
from motcua.events.work import Works
from motcua.files.store import FileStore
from motcua.platform import Platform
from motcua.plugins.manager import Plugins
from motcua.reporting import national
from motcua.rooms import ROUTES, subscribers, wire
from motcua.settings import Settings
from motcua.tenancy.db import LOST, Database
from motcua.tenancy.directory import Directory
from motcua.tenancy.tenant import Tenant
from motcua.tenancy.vault import Vaults
from motcua.web import live
from motcua.web.gate import Gate
from motcua.web.guard import FirstLock
from motcua.web.pages import CORE, template_config
from motcua.web.problems import away, crash, http_error, problem
from motcua.web.sessions import SessionStore


@contextlib.asynccontextmanager
async def open_platform(settings: Settings, plugins: Plugins) -> AsyncIterator[Platform]:
    """Open everything a process needs; closes it again at the end."""
    db = await Database.open(settings.database_url, processors=settings.database_processors)
    vaults = Vaults(settings.secret_key)
    bell = Bell(settings.redis_url)

    def subscribed(tenant: Tenant, event: str) -> Iterable[str]:
        return subscribers(plugins, tenant, event)

    platform = Platform(
        settings=settings,
        db=db,
        directory=Directory(db),
        vaults=vaults,
        bell=bell,
        works=Works(db, vaults, bell, subscribed),
        plugins=plugins,
        catalogue=Catalogue(db),
        files=FileStore(settings.data / "files", settings.secret_key),
    )
    wire(platform)
    try:
        yield platform
    finally:
        live.close(platform)
        await national.close(platform)
        await db.close()


def effects_of(platform: Platform) -> Effects:
    """Return the runner of owed effects."""
    return Effects(platform.works, platform.directory, platform.handlers, platform.gave_up)


def _plugin_guard(name: str) -> Any:
    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        tenant = connection.scope["state"]["here"].tenant
        if tenant is None or name not in tenant.plugins:
            raise NotFoundException()

    return guard


def _plugin_routers(plugins: Plugins) -> list[Router]:
    return [
        Router(
            path=f"/x/{name}",
            route_handlers=list(handlers),
            guards=[_plugin_guard(name)],
            middleware=[FirstLock],
        )
        for name, handlers in plugins.routes()
    ]


@get("/healthz", sync_to_thread=False, include_in_schema=False, opt={"open": True})
def healthz() -> dict[str, str]:
    """Answer a load balancer."""
    return {"status": "ok"}


def _statics() -> Sequence[Any]:
    folders: list[Path | PathLike[Any] | str] = [*sorted(CORE.glob("*/static"))]
    return [
        create_static_files_router(
            path="/static", directories=folders, name="static", opt={"open": True}
        )
    ]


def _rooms() -> Iterable[Any]:
    """Return every route of the core: those that do not say they are open stand behind the first lock."""
    yield from (handler for handler in ROUTES if handler.opt.get("open"))
    closed = [handler for handler in ROUTES if not handler.opt.get("open")]
    yield Router(path="/", route_handlers=closed, middleware=[FirstLock])


def create_app(platform: Platform) -> Gate:
    """Return the ASGI application of an open platform."""
    app = Litestar(
        route_handlers=[*_rooms(), healthz, *_plugin_routers(platform.plugins), *_statics()],
        template_config=template_config(platform.plugins.template_folders()),
        csrf_config=CSRFConfig(
            secret=platform.vaults.key("csrf").hex(),
            cookie_name="mc_csrf",
            cookie_httponly=True,
            cookie_secure=platform.settings.scheme == "https",
            exclude=["^/api/"],
        ),
        exception_handlers={
            Problem: problem,
            **dict.fromkeys(LOST, away),
            HTTPException: http_error,
            Exception: crash,
        },
        request_max_body_size=1_000_000,
        openapi_config=OpenAPIConfig(
            title="Một Cửa",
            version=__version__,
            path="/api/docs",
            render_plugins=[JsonRenderPlugin()],
        ),
        logging_config=None,
    )
    app.state.platform = platform
    sessions = SessionStore(platform.db)
    app.state.sessions = sessions
    return Gate(app, platform.directory, sessions, platform.settings.domain)
