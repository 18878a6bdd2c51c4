"""The units that have a history of their own: the core, and each plugin with tables."""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from motcua.plugins.manager import Plugins
from motcua.tenancy.schema import metadata

FEATURES = (
    "tenancy",
    "events",
    "files",
    "people",
    "notices",
    "catalogue",
    "process",
    "documents",
    "dossiers",
    "queues",
    "wallet",
    "holdings",
    "channels",
    "station",
    "reporting",
)


@dataclass(frozen=True)
class Unit:
    """One linear history with its own version table; ``prefix`` is empty for the core."""

    prefix: str
    versions: Path
    tables: Sequence[sa.Table]

    @property
    def version_table(self) -> str:
        """Where this unit's revision stands."""
        return f"alembic_version_{self.prefix}" if self.prefix else "alembic_version"

    @property
    def metadata(self) -> sa.MetaData:
        """All tables, so that foreign keys to the core resolve."""
        return metadata


def core() -> Unit:
    """Return the core's unit with the models of every feature."""
    for feature in FEATURES:
        importlib.import_module(f"motcua.{feature}.models")
    folder = Path(__file__).parent / "versions"
    tables = [t for t in metadata.sorted_tables if not t.info.get("plugin")]
    return Unit("", folder, tables)


def all_units(plugins: Plugins) -> list[Unit]:
    """Return the core, then the plugins that have tables, by name."""
    brought = sorted(plugins.migrations(), key=lambda item: item[0])
    return [core(), *(Unit(m.prefix, m.versions, m.tables) for _, m in brought)]
