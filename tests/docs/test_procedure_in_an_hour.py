"""The tutorial is true: its files are written, its commands run, and what it shows is what is printed."""

import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from motcua import cli
from motcua.catalogue.scenario import Given, Happening, Then

PAGE = Path(__file__).parents[2] / "docs/plugins/procedure-in-an-hour.md"
_BLOCK = re.compile(
    r"(?:<!-- (?P<mark>[^\n]*) -->\n|`(?P<file>[\w./-]+)`\n\n)?```(?P<lang>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Piece:
    """One fenced block of the page, with the file it is, or the mark that stands before it."""

    lang: str
    text: str
    file: str
    mark: str
    line: int


def pieces() -> Iterator[Piece]:
    page = PAGE.read_text(encoding="utf-8")
    for found in _BLOCK.finditer(page):
        line = page.count("\n", 0, found.start("text"))
        yield Piece(found["lang"], found["text"], found["file"] or "", found["mark"] or "", line)


def _run(command: str, *, fails: bool) -> str:
    words = shlex.split(command)
    if words[0] == "motcua":
        said = CliRunner().invoke(cli.main, words[1:])
        assert said.exit_code == (1 if fails else 0), f"{command}\n{said.output}\n{said.exception}"
        return said.output
    if words[0] == "cp":
        shutil.copytree(words[-2], words[-1])
    elif words[0] == "rm":
        for name in words[1:]:
            Path(name).unlink()
    else:
        raise AssertionError(f"a command that this test does not know: {command}")
    return ""


def _edit(piece: Piece) -> None:
    """Put a line in the place of another, or after it: ``replace: file: text`` or ``after: file: text``."""
    verb, name, text = piece.mark.split(": ", 2)
    path = Path(name)
    before = path.read_text(encoding="utf-8")
    assert before.count(text) == 1, f"{name} holds {text!r} {before.count(text)} times"
    new = piece.text.rstrip("\n")
    path.write_text(
        before.replace(text, new if verb == "replace" else f"{text}\n{new}"), encoding="utf-8"
    )


def test_everything_on_the_page_is_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    printed = ""
    for piece in pieces():
        if piece.lang == "sh":
            lines = [line for line in piece.text.splitlines() if line.strip()]
            printed = "".join(_run(line, fails=piece.mark == "fails") for line in lines)
        elif piece.lang == "text":
            place = 0
            for line in piece.text.splitlines():
                found = printed.find(line.strip(), place)
                assert found >= 0, f"line {piece.line}: {line!r} is not in\n{printed}"
                place = found
        elif piece.file:
            path = Path(piece.file)
            assert path.parent.is_dir(), piece.file
            path.write_text(piece.text, encoding="utf-8")
        else:
            _edit(piece)
    assert sorted(p.name for p in Path("pictures").iterdir())
    assert Path("season.bpmn").read_bytes().startswith(b"<?xml")
    old = CliRunner().invoke(cli.main, ["procedure", "test", "next", "--lang", "en"])
    assert old.exit_code == 1
    assert "fee: expected 2000000, found 2500000" in old.output


def test_the_page_names_every_key_of_a_scenario() -> None:
    page = PAGE.read_text(encoding="utf-8").partition("### A scenario, key by key")[2]
    keys = {*Given.__struct_fields__, *Happening.__struct_fields__, *Then.__struct_fields__}
    assert [key for key in sorted(keys) if f"`{key}`" not in page] == []
