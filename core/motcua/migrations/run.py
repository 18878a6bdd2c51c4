"""Bring a database forward, and compare it with the models."""

import io
import warnings
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.exc import SAWarning
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from motcua.migrations.units import Unit, all_units
from motcua.plugins.manager import Plugins
from motcua.text import VIETNAM


def _config(connection: sa.Connection, unit: Unit, units: list[Unit]) -> Config:
    config = Config(stdout=io.StringIO())
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(unit.versions).replace("%", "%%"))
    config.set_main_option("file_template", "%%(year)d-%%(month).2d-%%(day).2d-%%(slug)s")
    config.attributes["unit"] = unit
    config.attributes["prefixes"] = [u.prefix for u in units if u.prefix]
    config.attributes["connection"] = connection
    return config


def _engine(owner_url: str) -> AsyncEngine:
    return create_async_engine(
        owner_url.replace("postgresql://", "postgresql+asyncpg://", 1), poolclass=sa.NullPool
    )


def _upgrade(connection: sa.Connection, unit: Unit, units: list[Unit]) -> None:
    command.upgrade(_config(connection, unit, units), "head")


async def upgrade(owner_url: str, plugins: Plugins) -> None:
    """Apply every migration of the core and of the plugins, as the owner role."""
    units = all_units(plugins)
    engine = _engine(owner_url)
    try:
        for unit in units:
            async with engine.connect() as connection:
                await connection.run_sync(_upgrade, unit, units)
                await connection.commit()
    finally:
        await engine.dispose()


async def differences(owner_url: str, plugins: Plugins) -> list[str]:
    """Return how the database differs from the models; empty when migrations and models agree."""
    units = all_units(plugins)
    engine = _engine(owner_url)
    found: list[str] = []

    def check(connection: sa.Connection, unit: Unit) -> None:
        try:
            with warnings.catch_warnings():
                # Alembic hands reflected indexes an option that this SQLAlchemy does not know by name.
                warnings.filterwarnings("ignore", "Can't validate argument", SAWarning)
                command.check(_config(connection, unit, units))
        except CommandError as error:
            found.append(f"{unit.prefix or 'core'}: {error}")

    try:
        for unit in units:
            async with engine.connect() as connection:
                await connection.run_sync(check, unit)
    finally:
        await engine.dispose()
    return found


async def draft(owner_url: str, plugins: Plugins, prefix: str, message: str) -> None:
    """Write a new migration from the difference between database and models."""
    units = all_units(plugins)
    unit = next(u for u in units if u.prefix == prefix)
    engine = _engine(owner_url)
    name = f"{datetime.now(VIETNAM):%Y%m%d%H%M}"
    try:
        async with engine.connect() as connection:
            await connection.run_sync(
                lambda sync: command.revision(
                    _config(sync, unit, units), message=message, autogenerate=True, rev_id=name
                )
            )
    finally:
        await engine.dispose()
