"""Migrations and models say the same, and migrating twice changes nothing."""

import re
from pathlib import Path

import pytest

from motcua.demo.cluster import Cluster
from motcua.migrations import run
from motcua.migrations.units import all_units
from motcua.plugins.manager import Plugins

pytestmark = pytest.mark.anyio


async def test_the_migrations_make_the_tables_of_the_models(
    prepared: Cluster, plugins: Plugins
) -> None:
    assert await run.differences(prepared.settings.owner_url, plugins) == []


async def test_migrating_again_changes_nothing(prepared: Cluster, plugins: Plugins) -> None:
    await run.upgrade(prepared.settings.owner_url, plugins)
    assert await run.differences(prepared.settings.owner_url, plugins) == []


def test_a_migrations_file_begins_with_its_date(plugins: Plugins) -> None:
    files = [p.name for unit in all_units(plugins) for p in Path(unit.versions).glob("*.py")]
    names = [name for name in files if name != "__init__.py"]
    assert names
    assert [n for n in names if not re.match(r"\d{4}-\d{2}-\d{2}-[\w-]+\.py$", n)] == []
