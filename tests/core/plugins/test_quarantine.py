"""A broken plugin is set aside with its reason, and the program starts without it."""

from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from motcua.api import hookimpl
from motcua.plugins import registry
from motcua.plugins.manager import Plugins
from motcua.tenancy.tenant import Tenant
from tests.core.plugins.toys import house, toy


def _installed(monkeypatch: pytest.MonkeyPatch, folder: Path, **sources: str) -> None:
    """Install modules with these sources as plugins; the entry point ``a_b`` is named ``a-b``."""
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(folder)
    points = EntryPoints(
        EntryPoint(name.replace("_", "-"), name, registry.GROUP) for name in sources
    )
    monkeypatch.setattr(registry, "entry_points", lambda group: points.select(group=group))


_GOOD = """
from motcua.api import PluginInfo, hookimpl
PLUGIN = PluginInfo(name="{name}", version="1", title_vi="Thử", title_en="Toy", api="{api}")
"""
_UNKNOWN = _GOOD + "\n@hookimpl\ndef register_teapots(): return []\n"
_ARGUMENT = (
    _GOOD
    + "\n@hookimpl\ndef register_links(tenant, audience): return [('/x/half', 'Nửa', 'Half')]"
    + "\n\n@hookimpl\ndef register_routes(kettle): return []\n"
)


def test_a_plugin_that_fails_at_import_is_set_aside_and_the_others_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _installed(
        monkeypatch,
        tmp_path,
        zz_toy_good=_GOOD.format(name="zz-toy-good", api="1"),
        zz_toy_broken="raise RuntimeError('no kettle')",
    )
    plugins = Plugins.discover()
    assert set(plugins.infos) == {"zz-toy-good"}
    assert plugins.quarantined == {"zz-toy-broken": "RuntimeError: no kettle"}


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (_GOOD.format(name="zz-toy-bad", api="2"), "it speaks API 2, this is API 1"),
        (_GOOD.format(name="somebody", api="1"), "PLUGIN.name is 'somebody'"),
        (_UNKNOWN.format(name="zz-toy-bad", api="1"), "register_teapots"),
        (_ARGUMENT.format(name="zz-toy-bad", api="1"), "kettle"),
        ("x = 1", "it has no PLUGIN"),
        ("def f(:", "SyntaxError"),
    ],
    ids=["api", "name", "hook", "argument", "plugin", "syntax"],
)
def test_a_plugin_that_cannot_be_used_is_quarantined_with_its_reason(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    quang_ninh_like: Tenant,
    source: str,
    reason: str,
) -> None:
    monkeypatch.delitem(__import__("sys").modules, "zz_toy_bad", raising=False)
    _installed(monkeypatch, tmp_path, zz_toy_bad=source)
    plugins = Plugins.discover()
    assert plugins.infos == {}
    assert reason in plugins.quarantined["zz-toy-bad"]
    assert plugins.links(quang_ninh_like, "citizen") == []
    assert plugins.manager.get_plugins() == set()


def test_a_blocked_plugin_is_not_even_imported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _installed(monkeypatch, tmp_path, zz_toy_blocked="raise SystemExit")
    plugins = Plugins.discover(frozenset({"zz-toy-blocked"}))
    assert plugins.quarantined == {"zz-toy-blocked": "blocked by MOTCUA_BLOCKED_PLUGINS"}


def test_a_plugin_that_fails_while_it_is_asked_at_start_is_quarantined_too() -> None:
    def register_routes() -> Any:
        raise LookupError("no route")

    def register_procedures() -> Any:
        return [Path("somewhere")]

    def healthy() -> Any:
        return ["a route"]

    healthy.__name__ = "register_routes"
    plugins = house(toy("weak", register_routes, register_procedures), toy("strong", healthy))
    assert list(plugins.routes()) == [("strong", ["a route"])]
    assert plugins.quarantined == {"weak": "LookupError: no route"}
    assert set(plugins.infos) == {"strong"}
    assert list(plugins.procedures()) == []


def test_a_plugin_whose_links_fail_loses_only_its_links(quang_ninh_like: Tenant) -> None:
    def register_links(tenant: Tenant, audience: str) -> Any:
        raise ZeroDivisionError

    def healthy(tenant: Tenant, audience: str) -> Any:
        return [("/x/strong", "Khỏe", "Strong")]

    healthy.__name__ = "register_links"
    plugins = house(toy("weak", register_links), toy("strong", healthy))
    assert plugins.links(quang_ninh_like, "citizen") == [("/x/strong", "Khỏe", "Strong")]


def test_one_name_cannot_be_registered_twice() -> None:
    plugins = house(toy("weak"))
    with pytest.raises(ValueError, match="already registered"):
        plugins.manager.register(ModuleType("other"), name="weak")


def test_a_function_of_the_plugin_that_is_not_marked_is_no_hook(quang_ninh_like: Tenant) -> None:
    module = toy("weak")
    vars(module)["register_links"] = lambda tenant, audience: [("/x", "a", "b")]
    assert house(module).links(quang_ninh_like, "citizen") == []
    assert hasattr(hookimpl(lambda: None), "motcua_impl")
