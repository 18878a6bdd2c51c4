"""Small packages to test with; nothing in them is a real procedure."""

import copy
from pathlib import Path
from typing import Any

from motcua.catalogue.forms import Form
from motcua.catalogue.packages import Package

ROOT = Path(__file__).parents[3]

_PROCEDURE: dict[str, Any] = {
    "code": "2.999999",
    "version": "1",
    "name_vi": "Đăng ký thử",
    "name_en": "Sample registration",
    "field": "sample",
    "field_vi": "Mẫu",
    "field_en": "Sample",
    "level": ["commune"],
    "time_limit": {"kind": "working_days", "value": 3, "text_vi": "3 ngày làm việc"},
    "fee": {"text_vi": "Theo bản", "text_en": "Per copy", "expression": "copies * 8000"},
    "papers": [
        {"key": "proof", "name_vi": "Giấy chứng minh", "name_en": "Proof", "kind": "copy"},
    ],
    "steps": [
        {"id": "check", "name_vi": "Xem", "name_en": "Check", "role": "specialist", "hours": 4},
        {"id": "done", "name_vi": "Trả", "name_en": "Done", "kind": "service", "handler": "give"},
    ],
}


def question(key: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    """Return a field as it stands in a form file."""
    return {"key": key, "kind": kind, "label_vi": f"Mục {key}", "label_en": f"Item {key}", **more}


def form_data(*fields: dict[str, Any]) -> dict[str, Any]:
    """Return a form of one page."""
    return {"pages": [{"title_vi": "Trang", "title_en": "Page", "fields": list(fields)}]}


def form(*fields: dict[str, Any]) -> Form:
    """Build a form of one page."""
    return Form.from_data(form_data(*fields))


def package_data(**changes: Any) -> dict[str, Any]:
    """Return a package's data with keys of ``procedure.toml`` changed; None takes a key away."""
    procedure = copy.deepcopy(_PROCEDURE) | changes
    return {
        "procedure": {k: v for k, v in procedure.items() if v is not None},
        "form": form_data(question("copies", "integer", required=True, min=1)),
    }


def package(**changes: Any) -> Package:
    """Build a package with keys of ``procedure.toml`` changed."""
    return Package.from_data(package_data(**changes))
