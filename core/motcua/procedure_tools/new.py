"""A new package: a folder that lints and tests green, with what to do next written into it."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from motcua.catalogue.folder import read_folder
from motcua.catalogue.packages import Package
from motcua.catalogue.reading import PackageError
from motcua.errors import Conflict, Invalid
from motcua.process import StepSpec, compile_steps

_STARTER = Path(__file__).with_name("starter")
_FIXED = ("form.toml",)
_SCENARIOS = ("cap-lan-dau", "cap-lai", "tu-choi", "thieu-ly-do")
_DRAWN = "process.bpmn"
_COMMENT = """\
<!-- Quy trình của thủ tục {code}: mở bằng bất kỳ công cụ vẽ BPMN 2.0 nào. Thuộc tính mc:role (vai trò), mc:hours
     (giờ làm việc), mc:outcomes (các kết quả), mc:nameEn (tên tiếng Anh) nằm ở mỗi bước. -->
"""


def make(code: str, parent: Path, *, steps: bool) -> Path:
    """Make the folder ``parent/code`` and return it.

    With ``steps`` the way is a list in ``procedure.toml``, else a drawn process. Raises ``Conflict`` when there
    is such a folder already, ``Invalid`` for a code that no procedure can have; nothing is left behind then.
    """
    folder = parent / code
    if folder.exists():
        raise Conflict(
            f"Đã có {folder}. Chọn thư mục khác bằng --dir, hoặc xóa nó trước.",
            f"{folder} is there already. Choose another place with --dir, or delete it first.",
        )
    texts = starter(code, folder, steps=steps)
    _try(texts, code)
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    read_folder(folder)
    return folder


def starter(code: str, folder: Path, *, steps: bool) -> dict[str, str]:
    """Return the texts of a new package by file name."""
    listed = _text("steps.toml")
    texts = {
        "procedure.toml": _text("procedure.toml")
        .replace("{{process}}", "" if steps else _text("process.toml"))
        .replace("{{steps}}", listed if steps else "")
        .replace("{{code}}", code)
        .replace("{{folder}}", folder.as_posix())
    }
    texts |= {name: _text(name) for name in _FIXED}
    texts |= {f"scenarios/{key}.toml": _text(f"scenarios/{key}.toml") for key in _SCENARIOS}
    if not steps:
        texts[_DRAWN] = _drawn(code, listed)
    return texts


def _text(name: str) -> str:
    return (_STARTER / name).read_text(encoding="utf-8")


def _drawn(code: str, listed: str) -> str:
    steps = [StepSpec(**step) for step in tomllib.loads(listed)["steps"]]
    xml = compile_steps(f"p{code.replace('.', '_')}", f"Thủ tục mẫu {code}", steps).decode()
    head, _, rest = xml.partition("\n")
    return f"{head}\n{_COMMENT.format(code=code)}{rest}"


def _try(texts: Mapping[str, str], code: str) -> None:
    """Refuse a code before anything is written."""
    data = {
        "procedure": tomllib.loads(texts["procedure.toml"]),
        "form": tomllib.loads(texts["form.toml"]),
        "processes": {_DRAWN: texts[_DRAWN]} if _DRAWN in texts else {},
    }
    try:
        Package.from_data(data)
    except PackageError as refusal:
        if refusal.key != "code":
            raise
        raise Invalid(
            f"'{code}' không phải mã thủ tục; mã có dạng 1.001193 hoặc 2.000815.000.00.00.H42",
            f"{code!r} is no code of a procedure; a code looks like 1.001193 or 2.000815.000.00.00.H42",
        ) from refusal
