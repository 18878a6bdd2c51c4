"""Synthetic people: invented names, numbers whose last six digits begin with 9, nobody real.

The same seed gives the same people, so that a demo can be repeated and a tour knows whom to sign in.
"""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from motcua.text import fold

_FAMILY = [
    "Nguyễn",
    "Trần",
    "Lê",
    "Phạm",
    "Hoàng",
    "Phan",
    "Vũ",
    "Đặng",
    "Bùi",
    "Đỗ",
    "Hồ",
    "Ngô",
    "Dương",
    "Lý",
    "Đinh",
    "Lưu",
    "Trịnh",
    "Mai",
    "Đào",
    "Tạ",
]
_MIDDLE = {
    "Nam": ["Văn", "Đức", "Minh", "Quang", "Hữu", "Công", "Thành", "Xuân", "Mạnh", "Đình"],
    "Nữ": ["Thị", "Thu", "Ngọc", "Thanh", "Hồng", "Minh", "Phương", "Bích", "Kim", "Diệu"],
}
_GIVEN = {
    "Nam": [
        "An",
        "Bình",
        "Cường",
        "Dũng",
        "Đạt",
        "Giang",
        "Hải",
        "Hùng",
        "Khánh",
        "Long",
        "Nam",
        "Phúc",
        "Quân",
        "Sơn",
        "Tùng",
        "Vinh",
    ],
    "Nữ": [
        "Anh",
        "Chi",
        "Dung",
        "Hà",
        "Hạnh",
        "Hoa",
        "Hương",
        "Lan",
        "Linh",
        "Mai",
        "Nga",
        "Oanh",
        "Phượng",
        "Quỳnh",
        "Thảo",
        "Yến",
    ],
}

# Role, its word in user names, its title.
STAFF_ROLES = (
    ("receiver", "tiepnhan", "Cán bộ tiếp nhận"),
    ("head", "truongphong", "Trưởng phòng"),
    ("specialist", "chuyenvien", "Chuyên viên"),
    ("leader", "lanhdao", "Lãnh đạo"),
    ("clerk", "vanthu", "Văn thư"),
)


@dataclass(frozen=True)
class Person:
    """One synthetic person, known to the sandbox identity provider under ``username``."""

    kind: str
    username: str
    full_name: str
    personal_id: str
    claims: dict[str, Any] = field(default_factory=dict)


def citizens(slug: str, province_code: str, place: str, count: int) -> list[Person]:
    """Return citizens of a province; ``slug`` ends their user names, ``place`` their address."""
    draw = random.Random(f"citizens {province_code}")  # noqa: S311 -- synthetic people, no secret
    return [_citizen(draw, slug, province_code, place, n) for n in range(1, count + 1)]


def _citizen(draw: random.Random, slug: str, province_code: str, place: str, number: int) -> Person:
    sex = draw.choice(("Nam", "Nữ"))
    birth = date(1950, 1, 1) + timedelta(days=draw.randrange(365 * 55))
    name = full_name(draw, sex)
    pid = personal_id(province_code, sex, birth, 900000 + number)
    return Person(
        "citizen",
        f"congdan{number:02d}.{slug}",
        name,
        pid,
        {
            "name": name,
            "personal_id": pid,
            "birthdate": birth.isoformat(),
            "gender": sex,
            "address": f"Số {draw.randrange(1, 200)}, tổ {draw.randrange(1, 12)}, {place}",
            "phone_number": f"09{draw.randrange(10**8):08d}",
        },
    )


def full_name(draw: random.Random, sex: str) -> str:
    """Return an invented name: family, middle, given."""
    return " ".join(draw.choice(part) for part in (_FAMILY, _MIDDLE[sex], _GIVEN[sex]))


def personal_id(province_code: str, sex: str, birth: date, serial: int) -> str:
    """Return a number of the right form: province, century and sex, year, six digits (domain rules)."""
    century = (birth.year // 100 - 19) * 2 + (1 if sex == "Nữ" else 0)
    return f"0{province_code}{century}{birth:%y}{serial:06d}"


def staff(place: str, label: str) -> list[tuple[Person, str, str]]:
    """Return one officer for each role at a place, with role and title; ``label`` ends the user names."""
    draw = random.Random(f"staff {place} {label}")  # noqa: S311 -- synthetic people, no secret
    return [
        (
            _officer(f"{word}.{label}", full_name(draw, draw.choice(("Nam", "Nữ"))), title),
            role,
            title,
        )
        for role, word, title in STAFF_ROLES
    ]


def _officer(username: str, name: str, title: str) -> Person:
    claims = {"name": name, "preferred_username": username, "title": title}
    return Person("staff", username, name, "", claims)


def card_text(person: Person) -> str:
    """Return what the QR of the person's identity card would hold (seven fields)."""
    claims = person.claims
    birth = date.fromisoformat(claims["birthdate"])
    fields = (
        person.personal_id,
        "",
        person.full_name,
        f"{birth:%d%m%Y}",
        claims["gender"],
        claims["address"],
        "15062021",
    )
    return "|".join(fields)


def label_of(name: str) -> str:
    """Return a place's name as it stands in user names: ``hong-gai``."""
    return fold(name).replace(" ", "-")
