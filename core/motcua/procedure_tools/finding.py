"""Finding packages among the paths that were typed."""

from collections.abc import Sequence
from pathlib import Path

from motcua.errors import NotFound

_FILE = "procedure.toml"


def packages_below(paths: Sequence[Path]) -> list[Path]:
    """Return the folders of packages among and below some paths, each once, in order.

    Raises ``NotFound`` for a path below which there is none.
    """
    found: dict[Path, None] = {}
    for path in paths:
        own = path.parent if path.name == _FILE else path
        inside = [own] if (own / _FILE).is_file() else _below(own)
        if not inside:
            raise NotFound(
                f"Không có gói thủ tục nào ở {path}: cần một thư mục có tệp {_FILE}. "
                "Tạo gói mới bằng: motcua procedure new MÃ",
                f"There is no procedure package at {path}: a folder with {_FILE} is wanted. "
                "Make a new one with: motcua procedure new CODE",
            )
        found |= dict.fromkeys(inside)
    return list(found)


def _below(path: Path) -> list[Path]:
    return sorted(file.parent for file in path.glob(f"**/{_FILE}"))
