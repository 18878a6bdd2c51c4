"""Every package of every plugin: no error of the linter, and every scenario holds."""

from dataclasses import replace
from pathlib import Path

import pytest

from motcua.catalogue.examples import run
from motcua.catalogue.lint import errors
from motcua.catalogue.packages import Package, load_package
from motcua.procedure_tools.linting import installed_handlers, lint_all

ROOT = Path(__file__).parents[2]
FOLDERS = sorted(file.parent for file in (ROOT / "plugins").glob("*/*/procedures/*/procedure.toml"))

#: Code, version and content of what databases may hold by now; a release adds lines and takes none away.
PUBLISHED = dict(
    line.rsplit(" ", 1)
    for line in (Path(__file__).with_name("published.txt")).read_text(encoding="ascii").splitlines()
)

every_package = pytest.mark.parametrize(
    "folder", FOLDERS, ids=lambda folder: f"{folder.parents[2].name}-{folder.name}"
)


@pytest.fixture(scope="module")
def handlers() -> frozenset[str]:
    return installed_handlers()


def test_there_are_packages() -> None:
    assert FOLDERS


@every_package
def test_the_linter_finds_no_error(folder: Path, handlers: frozenset[str]) -> None:
    found = lint_all(folder, handlers=handlers)
    assert [finding.text("en") for finding in errors(found)] == []


@every_package
def test_every_scenario_holds(folder: Path) -> None:
    package = load_package(folder)
    assert {s.key: told for s in package.scenarios if (told := run(package, s))} == {}


@every_package
def test_the_folder_is_called_by_its_code_and_survives_storage(folder: Path) -> None:
    package = load_package(folder)
    assert folder.name == package.code
    assert Package.from_data(package.to_data()) == package


@every_package
def test_a_package_that_changed_has_a_new_version(folder: Path) -> None:
    package = load_package(folder)
    name, law = f"{package.code} {package.version}", replace(package, scenarios=()).sha256
    assert PUBLISHED.get(name, "not there") == law, (
        f"a database that holds {name} refuses another content under it. Was it changed? Raise its version, "
        f"write the version and a new valid_from into tenants/*/procedures.toml, and add this line to "
        f"published.txt: {name} {law}"
    )
