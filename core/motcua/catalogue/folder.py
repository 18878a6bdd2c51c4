"""Reading a package's folder: only files with known names, no links, bounded in number, size and depth.

A package comes with a plugin, and a plugin from somewhere: nothing in the folder is trusted.
"""

import os
import re
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from motcua.catalogue.reading import PackageError, parse_toml

MAX_FILE = 1_000_000
MAX_TOGETHER = 5_000_000
MAX_FILES = 200
_FIXED = ("procedure.toml", "form.toml", "draft.toml")
_STEM = r"[a-z0-9][a-z0-9_-]{0,59}"
_DRAWN = re.compile(rf"{_STEM}\.(bpmn|dmn|typ)")
_SCENARIO = re.compile(rf"{_STEM}\.toml")
_NAMES = {
    "processes": re.compile(rf"{_STEM}\.bpmn"),
    "decisions": re.compile(rf"{_STEM}\.dmn"),
    "templates": re.compile(rf"{_STEM}\.typ"),
}
_KNOWN = f"{', '.join(_FIXED)}, *.bpmn, *.dmn, *.typ and scenarios/*.toml; lower-case letters, digits, - and _"
_SCENARIOS = "scenarios"
_DECLARED = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


def read_folder(folder: Path) -> dict[str, Any]:
    """Return what a folder holds as the data of a package; raises ``PackageError`` that names the file."""
    texts = _texts(folder)
    data: dict[str, Any] = {
        "procedure": _toml(texts, "procedure.toml"),
        "form": _toml(texts, "form.toml"),
        "processes": _ending(texts, ".bpmn"),
        "decisions": _ending(texts, ".dmn"),
        "templates": _ending(texts, ".typ"),
        "scenarios": [
            {"key": Path(name).stem, **parse_toml(text, name)}
            for name, text in texts.items()
            if name.startswith(f"{_SCENARIOS}/")
        ],
    }
    if "draft.toml" in texts:
        data["draft"] = _toml(texts, "draft.toml")
    return data


def check_files(kind: str, files: Mapping[str, str]) -> None:
    """Refuse names that no folder could hold, and XML that declares entities; raises ``PackageError``.

    ``kind`` is ``processes``, ``decisions`` or ``templates``.
    """
    for name, text in files.items():
        if not _NAMES[kind].fullmatch(name):
            raise PackageError(name, "", f"a name such as {_NAMES[kind].pattern}")
        if kind != "templates" and _DECLARED.search(text):
            raise PackageError(name, "", "no document type and no entities")


def _toml(texts: Mapping[str, str], name: str) -> dict[str, object]:
    if name not in texts:
        raise PackageError(name, "", "this file must exist")
    return parse_toml(texts[name], name)


def _texts(folder: Path) -> dict[str, str]:
    """Read every file of the folder, by its name inside it."""
    found: dict[str, str] = {}
    size = 0
    for name, path in _paths(folder):
        if len(found) >= MAX_FILES:
            raise PackageError(name, "", f"at most {MAX_FILES} files in a package")
        data = _bounded(path, name)
        size += len(data)
        if size > MAX_TOGETHER:
            raise PackageError(name, "", f"at most {MAX_TOGETHER} bytes in all files together")
        found[name] = _decoded(data, name)
    return found


def _paths(folder: Path) -> list[tuple[str, Path]]:
    found = []
    for entry in _entries(folder):
        if entry.name == _SCENARIOS and entry.is_dir(follow_symlinks=False):
            found += [(f"{_SCENARIOS}/{e.name}", Path(e)) for e in _entries(entry.path)]
        else:
            found.append((entry.name, Path(entry)))
    for name, path in found:
        _known(name, path)
    return found


def _entries(folder: Path | str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(islice(entries, MAX_FILES + 3), key=lambda entry: entry.name)


def _known(name: str, path: Path) -> None:
    parent, _, own = name.rpartition("/")
    fits = _SCENARIO.fullmatch(own) if parent else own in _FIXED or _DRAWN.fullmatch(own)
    if not fits:
        raise PackageError(name, "", f"no such file: a package has {_KNOWN}")
    if path.is_symlink() or not path.is_file():
        raise PackageError(name, "", "a regular file, no link and no folder")


def _bounded(path: Path, name: str) -> bytes:
    # Not to follow a link that was put there after the look above.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        data = file.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise PackageError(name, "", f"at most {MAX_FILE} bytes")
    return data


def _decoded(data: bytes, name: str) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as broken:
        raise PackageError(name, "", f"text in UTF-8 ({broken.reason})") from broken
    if "\0" in text:
        raise PackageError(name, "", "text, without the character NUL")
    return text.replace("\r\n", "\n")


def _ending(texts: Mapping[str, str], ending: str) -> dict[str, str]:
    return {name: text for name, text in texts.items() if name.endswith(ending)}
