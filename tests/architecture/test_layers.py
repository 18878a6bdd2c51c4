"""Who may import whom: the layers of the house are a list, and this is the list."""

import ast
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
PLUGINS = sorted(path.parent.name for path in (ROOT / "plugins").glob("*/*/__init__.py"))

# Lowest first. A module imports its own level or a lower one. The longest name that fits a module counts.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("clock", "errors", "ids", "text", "settings", "http", "reach", "logs"),
    ("rules", "worktime", "process", "embedded"),
    ("tenancy", "events", "files"),
    ("hookspecs", "plugins", "people", "catalogue"),
    ("platform", "process.store", "process.models", "documents", "web", "notices"),
    ("dossiers", "keys", "queues", "wallet"),
    ("station", "reporting", "channels", "holdings"),
    ("portal", "desk", "board", "monitor", "api"),
    ("rooms",),
    (
        "app",
        "asgi",
        "running",
        "housekeeping",
        "cli",
        "cli_calendar",
        "__main__",
        "demo",
        "node",
        "simulation",
        "doctor",
        "key_tools",
        "onboarding",
        "onboarding_halls",
        "opening",
        "procedure_tools",
        "tracing",
        "wallet_tools",
        "document_tools",
        "migrations",
    ),
)


def level(module: str) -> int:
    """Return the level of a module of the core."""
    name = module.removeprefix("motcua.")
    fits = [
        (len(entry), number)
        for number, entries in enumerate(LAYERS)
        for entry in entries
        if name == entry or name.startswith(entry + ".")
    ]
    assert fits, f"{module} stands in no layer: add it to the list"
    return max(fits)[1]


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("motcua", "motcua_admin", *PLUGINS, cache_dir=None)


def _core(graph: grimp.ImportGraph) -> list[str]:
    return sorted(graph.find_descendants("motcua"))


def test_every_module_imports_its_own_level_or_a_lower_one(graph: grimp.ImportGraph) -> None:
    upwards = [
        f"{module} -> {imported}"
        for module in _core(graph)
        for imported in graph.find_modules_directly_imported_by(module)
        if imported.startswith("motcua.") and level(imported) > level(module)
    ]
    assert upwards == []


def test_no_two_modules_import_each_other_even_by_a_detour(graph: grimp.ImportGraph) -> None:
    cycles = [
        module
        for module in _core(graph)
        for imported in graph.find_modules_directly_imported_by(module)
        if imported != module and graph.chain_exists(imported, module)
    ]
    assert cycles == []


@pytest.mark.parametrize("package", ["motcua_admin", *PLUGINS])
def test_the_core_knows_neither_the_administration_nor_a_plugin(
    graph: grimp.ImportGraph, package: str
) -> None:
    assert graph.find_shortest_chain("motcua", package, as_packages=True) is None


@pytest.mark.parametrize("package", ["motcua_admin", *PLUGINS])
def test_a_plugin_imports_only_the_public_module(graph: grimp.ImportGraph, package: str) -> None:
    foreign = {
        imported
        for module in {package} | graph.find_descendants(package)
        for imported in graph.find_modules_directly_imported_by(module)
        if imported.split(".")[0] != package
    }
    assert foreign <= {"motcua.api"}


def _sources() -> list[Path]:
    return sorted((ROOT / "core").rglob("*.py"))


def _calls(path: Path, name: str) -> bool:
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    )


@pytest.mark.parametrize(
    ("name", "maker"),
    [("Tenant", "tenancy/directory.py"), ("TenantTx", "tenancy/db.py"), ("Work", "events/work.py")],
)
def test_only_one_module_makes_the_right_to_a_tenants_rows(name: str, maker: str) -> None:
    makers = [p.relative_to(ROOT / "core/motcua").as_posix() for p in _sources() if _calls(p, name)]
    assert makers == [maker]


def test_the_public_module_exports_what_it_says() -> None:
    from motcua import api

    assert sorted(api.__all__) == api.__all__ or sorted(api.__all__, key=str) == sorted(api.__all__)
    assert all(hasattr(api, name) for name in api.__all__)


def test_the_core_names_no_province_and_no_vendor() -> None:
    names = (
        "quang-ninh",
        "Quảng Ninh",
        "quang_ninh",
        "Thái Nguyên",
        "Hà Nội",
        "VNeID",
        "VNPT",
        "FPT",
    )
    allowed = {"demo"}
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in _sources()
        if not allowed & set(path.relative_to(ROOT / "core/motcua").parts)
        for name in names
        if name in path.read_text(encoding="utf-8")
    ]
    assert found == []
