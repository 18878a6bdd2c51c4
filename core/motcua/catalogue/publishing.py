"""Storing a version of a package: only when its own scenarios hold, and never over another content."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from motcua.catalogue.examples import run
from motcua.catalogue.packages import Package
from motcua.tenancy.db import Tx

_STORED = "select sha256, content from package_version where code = $1 and version = $2"
_STORE = """
insert into package_version (code, version, plugin, sha256, content) values ($1, $2, $3, $4, $5)
on conflict (code, version) do nothing
"""


async def publish(tx: Tx, plugin: str, package: Package) -> None:
    """Store a package of a plugin, unless it is stored already.

    ``ValueError`` when one of its scenarios fails, and when another content lies under the same version: law
    is never rewritten.
    """
    stored = await tx.fetchrow(_STORED, package.code, package.version)
    if stored is not None:
        if not _same(package, stored):
            raise ValueError(
                f"{_named(plugin, package)} differs from what is stored under this version: "
                "raise its version"
            )
        return
    if wrong := failing(package):
        told = "".join(
            f"\n  scenarios/{key}.toml: {'; '.join(said)}" for key, said in wrong.items()
        )
        raise ValueError(f"{_named(plugin, package)} is not stored, its scenarios fail:{told}")
    content = package.to_data()
    await tx.execute(_STORE, package.code, package.version, plugin, package.sha256, content)


def failing(package: Package) -> dict[str, list[str]]:
    """Play every scenario; returns what differs by the key of the scenario, nothing when all hold."""
    played = {scenario.key: run(package, scenario) for scenario in package.scenarios}
    return {key: said for key, said in played.items() if said}


def _same(package: Package, stored: Mapping[str, Any]) -> bool:
    """Compare the law in two contents, not the scenarios that try it.

    What an earlier release wrote down in another shape is read as this release reads it.
    """
    if stored["sha256"] == package.sha256:
        return True
    before = Package.stored(stored["content"])
    return replace(before, scenarios=()).sha256 == replace(package, scenarios=()).sha256


def _named(plugin: str, package: Package) -> str:
    return f"{package.code} {package.version} of plugin {plugin}"
