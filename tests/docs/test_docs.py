"""What the texts say is so: links lead somewhere, commands exist, examples run as they stand."""

import ast
import importlib
import re
import runpy
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from lxml import etree  # type: ignore[import-untyped]

from motcua import api, cli
from motcua.catalogue.adopted import Adopted
from motcua.catalogue.examples import run
from motcua.catalogue.packages import load_package
from motcua.demo import people, population
from motcua.plugins.manager import Plugins
from motcua.process import load

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
PLUGIN_PAGE = ROOT / "docs" / "plugins" / "README.md"

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<lang>\w*)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL
)
_LINK = re.compile(r"\]\((?P<to>[^)\s]+)\)")
_RUN = "<!-- run -->"
_FILE = re.compile(r"`(?P<path>[\w./-]+)`\n\n\Z")

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the file it claims to be, if any."""

    page: Path
    line: int
    lang: str
    text: str
    runs: bool
    file: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def _blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = []
    for fence in _FENCE.finditer(text):
        before = text[: fence.start()]
        named = _FILE.search(before)
        inner = re.sub(f"^{fence['indent']}", "", fence["text"], flags=re.MULTILINE)
        found.append(
            Block(
                page,
                before.count("\n") + 1,
                fence["lang"],
                inner,
                before.rstrip().endswith(_RUN),
                named["path"] if named else "",
            )
        )
    return found


BLOCKS = [block for page in PAGES for block in _blocks(page)]


def _anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as they are made on the sites that show it."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.strip().lower()).replace(" ", "-") for h in headings}


@every_page
def test_every_link_leads_somewhere(page: Path) -> None:
    lost = []
    for link in _LINK.finditer(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        to, _, anchor = link["to"].partition("#")
        if "://" in to:
            continue
        target = (page.parent / to).resolve() if to else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            lost.append(link["to"])
    assert lost == []


def _commands(page: Path) -> set[tuple[str, ...]]:
    """Return the words after ``motcua`` wherever a page shows the program being called."""
    text = page.read_text(encoding="utf-8")
    shown = [
        line for block in _blocks(page) if block.lang == "sh" for line in block.text.split("\n")
    ]
    shown += re.findall(r"`([^`\n]+)`", _FENCE.sub("", text))
    calls = [re.search(r"(?:^|[\s/])motcua((?: +[a-z-]+)+)", line.split("#")[0]) for line in shown]
    return {tuple(call[1].split()) for call in calls if call}


@every_page
def test_every_command_exists(page: Path) -> None:
    for words in _commands(page):
        group: click.Command = cli.main
        context = click.Context(cli.main)
        for word in words:
            if not isinstance(group, click.Group):
                break
            command = group.get_command(context, word)
            assert command, f"there is no command: motcua {' '.join(words)}"
            group = command


def test_the_pages_do_name_commands() -> None:
    named = {words[0] for page in PAGES for words in _commands(page)}
    assert {"demo", "serve", "worker", "db", "tenant", "keys", "doctor", "trace"} <= named


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.lang == "toml"], ids=str)
def test_every_toml_block_is_toml(block: Block) -> None:
    assert tomllib.loads(block.text)


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.lang == "python"], ids=str)
def test_every_python_block_is_python_that_uses_what_is_public(block: Block) -> None:
    for node in ast.walk(ast.parse(block.text)):
        if isinstance(node, ast.ImportFrom) and node.module == "motcua.api":
            assert {name.name for name in node.names} <= set(api.__all__)


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.runs], ids=str)
def test_a_block_that_claims_to_run_runs(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    program = tmp_path / "block.py"
    program.write_text(block.text, encoding="utf-8")
    runpy.run_path(str(program))


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """Write the files of the plugin that the page shows; return its folder."""
    for block in _blocks(PLUGIN_PAGE):
        if block.file:
            path = tmp_path / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
    return tmp_path / "plugins" / "community-hall"


def test_the_plugin_of_the_page_is_found_and_brings_its_procedure(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tomllib.loads((written / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ((name, module),) = project["entry-points"]["motcua.plugins"].items()
    monkeypatch.syspath_prepend(written)
    plugins = Plugins.empty()
    plugins.add(name, importlib.import_module(module))
    ((bringer, folder),) = plugins.procedures()
    assert bringer == name
    assert folder == written / module / "procedures" / "1.900001"


def test_the_procedure_of_the_page_works(written: Path) -> None:
    package = load_package(written / "motcua_community_hall" / "procedures" / "1.900001")
    assert package.scenarios
    assert {s.key: run(package, s) for s in package.scenarios} == {"two-hours": []}
    process = load(Adopted(package, "community-hall", datetime.now(UTC), None).bpmn)
    assert {"appraise", "approve", "deliver"} <= set(process.nodes)


def test_the_adoption_of_the_page_names_its_procedure(written: Path) -> None:
    package = load_package(written / "motcua_community_hall" / "procedures" / "1.900001")
    shown = [tomllib.loads(b.text) for b in _blocks(PLUGIN_PAGE) if b.lang == "toml"]
    ((adopted,),) = [block["procedures"] for block in shown if "procedures" in block]
    assert (adopted["code"], adopted["version"]) == (package.code, package.version)


def test_operators_are_told_of_every_setting() -> None:
    read = (ROOT / "core/motcua/settings.py").read_text(encoding="utf-8")
    told = (ROOT / "docs/operators.md").read_text(encoding="utf-8")
    assert [n for n in set(re.findall(r"MOTCUA_[A-Z_]+", read)) if f"`{n}`" not in told] == []


def test_provinces_are_told_of_every_file() -> None:
    told = (ROOT / "docs/provinces.md").read_text(encoding="utf-8")
    files = [p.name for p in (ROOT / "tenants/quang-ninh").iterdir()]
    assert [name for name in files if f"`{name}`" not in told] == []


def test_the_first_page_names_people_and_places_of_the_demo() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"congdan{population.CITIZENS:02d}" in page
    assert [word for _, word, _ in people.STAFF_ROLES if word not in page] == []
    assert [f.name for f in (ROOT / "tenants").iterdir() if f.name not in page] == []


def test_the_pictures_are_well_formed_and_describe_themselves() -> None:
    pictures = sorted((ROOT / "docs/pictures").glob("*.svg"))
    assert pictures
    for picture in pictures:
        root = etree.parse(picture).getroot()
        assert root.find("{*}title") is not None
        assert root.find("{*}desc") is not None
        assert b"<script" not in picture.read_bytes()
