"""The form of an invented household, with everything that a form can ask."""

import tomllib
from pathlib import Path
from typing import Any

from motcua.catalogue.forms import Form

UNITS = {"06685": "Phường Hồng Gai", "06688": "Phường Cao Xanh"}
PERSON = {"person.full_name": "Tạ Xuân Mẫu", "person.pid": "022064980000"}
FILE = "01977b7e-0000-7000-8000-000000000000"


def household_data() -> dict[str, Any]:
    """Return the form as data."""
    return tomllib.loads(Path(__file__).with_name("household.toml").read_text(encoding="utf-8"))


def household() -> Form:
    """Return the form."""
    return Form.from_data(household_data())


def answered(**changes: Any) -> dict[str, Any]:
    """Return raw answers without any mistake."""
    raw: dict[str, Any] = {
        "home": {"unit": "06685", "text": "Số 81, tổ 9"},
        "asks_income": "1",
        "members": [
            {"name": "Tạ Xuân Mẫu", "born": "5/9/1970", "income": "9.000.000"},
            {"name": "Tạ Thị Con", "born": "1-6-2019", "guardian": "Tạ Xuân Mẫu"},
        ],
        "truth": "1",
    }
    return raw | changes
