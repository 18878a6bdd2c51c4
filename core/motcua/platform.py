"""What every room of the house has at hand; made once at start by ``motcua.app``."""

from dataclasses import dataclass, field
from typing import Any

from motcua.catalogue.adopted import Catalogue
from motcua.events.bell import Bell
from motcua.events.outbox import GaveUp, Handler
from motcua.events.work import Works
from motcua.files.store import FileStore
from motcua.plugins.manager import Plugins
from motcua.settings import Settings
from motcua.tenancy.db import Database
from motcua.tenancy.directory import Directory
from motcua.tenancy.vault import Vaults


@dataclass
class Platform:
    """The open parts of a running process."""

    settings: Settings
    db: Database
    directory: Directory
    vaults: Vaults
    bell: Bell
    works: Works
    plugins: Plugins
    catalogue: Catalogue
    files: FileStore
    handlers: dict[str, Handler] = field(default_factory=dict)
    gave_up: dict[str, GaveUp] = field(default_factory=dict)
    cache: dict[str, Any] = field(default_factory=dict)
