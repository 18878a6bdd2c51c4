"""For which grounds a result may be withdrawn: data of the program, and a tenant's own laid over them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from motcua.tenancy.tenant import Tenant

_FILE = Path(__file__).with_name("grounds.toml")


@dataclass(frozen=True)
class Ground:
    """One ground: for which kinds of withdrawal, whose fault it is, and the words; ``basis`` cites the law."""

    key: str
    kinds: tuple[str, ...]
    fault: str
    vi: str
    en: str
    basis: str = ""

    def said(self, lang: str) -> str:
        """Return the ground in words."""
        return self.en if lang == "en" else self.vi


@lru_cache(maxsize=1)
def _own() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def grounds(tenant: Tenant) -> dict[str, Ground]:
    """Return the grounds of a tenant by key: those of the program, changed and added to by its settings."""
    laid: Mapping[str, Any] = tenant.settings.get("withdrawal_grounds", {})
    found = {}
    for key in {**_own(), **laid}:
        data = {**_own().get(key, {}), **laid.get(key, {})}
        found[key] = Ground(
            key,
            tuple(data["kinds"]),
            data["fault"],
            data["vi"],
            data.get("en", data["vi"]),
            data.get("basis", ""),
        )
    return found
