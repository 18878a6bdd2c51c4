"""Who an identity provider's answer stands for at this tenant.

A citizen becomes known by signing in. An officer must be known before: who works here is decided by the
tenant, never by the provider.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from motcua.errors import Forbidden, Invalid
from motcua.events.work import Work
from motcua.people.capabilities import Capability
from motcua.people.citizens import Citizen, remember
from motcua.people.idcard import Sex, parse_pid
from motcua.text import fold, nfc

_STAFF = "select id, full_name from staff where username = $1 and active"
_ROLES = "select role, unit_id from staff_role where staff_id = $1 order by role, unit_id"
_SEXES: dict[str, Sex] = {"nam": "male", "male": "male", "nu": "female", "female": "female"}
Claims = Mapping[str, Any]


@dataclass(frozen=True)
class SignedIn:
    """The person a session is started for."""

    kind: str
    subject: UUID
    name: str
    capabilities: tuple[Capability, ...] = ()


async def citizen(work: Work, claims: Claims) -> SignedIn:
    """Remember the citizen of these claims (names: ``motcua.plugins.kinds.IdentityProvider``).

    Raises ``Forbidden`` when the account carries no valid personal number or no name: without the number
    nobody's dossiers can be found, and a second person of the same name would see them.
    """
    known = citizen_of(claims)
    person_id = await remember(work, known)
    return SignedIn("citizen", person_id, known.full_name)


def citizen_of(claims: Claims) -> Citizen:
    """Read a citizen out of OpenID Connect claims (Core 1.0 section 5.1)."""
    name = nfc(_text(claims, "name"))
    try:
        pid = parse_pid(_text(claims, "personal_id"))
    except Invalid as error:
        raise _incomplete() from error
    if not name:
        raise _incomplete()
    return Citizen(
        pid=pid,
        full_name=name,
        birth=_day(_text(claims, "birthdate")),
        sex=_SEXES.get(fold(_text(claims, "gender"))),
        address=_address(claims) or None,
        phone=nfc(_text(claims, "phone_number"))[:32] or None,
    )


async def officer(work: Work, claims: Claims) -> SignedIn:
    """Find the officer of these claims, with all roles; ``Forbidden`` for whoever does not work here."""
    username = _text(claims, "preferred_username")
    row = await work.tx.fetchrow(_STAFF, username) if username else None
    if row is None:
        raise Forbidden(
            f"Tài khoản này chưa được cấp quyền làm việc tại {work.tenant.name}. Bạn chưa đăng nhập. "
            "Hãy đề nghị quản trị viên của đơn vị thêm tài khoản, rồi đăng nhập lại.",
            f"This account may not work at {work.tenant.name}. You are not signed in. Ask your "
            "administrator to add the account, then sign in again.",
        )
    held = tuple(
        Capability(r["role"], UUID(bytes=r["unit_id"].bytes) if r["unit_id"] else None)
        for r in await work.tx.fetch(_ROLES, row["id"])
    )
    return SignedIn("staff", UUID(bytes=row["id"].bytes), row["full_name"], held)


def _text(claims: Claims, name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _address(claims: Claims) -> str:
    """Return the address, which the standard makes an object (section 5.1.1) and many make a text."""
    value = claims.get("address")
    return nfc(
        _text(value, "formatted") if isinstance(value, Mapping) else _text(claims, "address")
    )


def _day(text: str) -> date | None:
    # The standard allows a year alone and ``0000-MM-DD``: neither is a date of birth.
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _incomplete() -> Forbidden:
    return Forbidden(
        "Tài khoản định danh này không kèm họ tên và số định danh cá nhân hợp lệ nên chưa đăng nhập "
        "được. Hãy cập nhật tài khoản tại nơi cấp, hoặc đến quầy một cửa để được hỗ trợ.",
        "This identity account carries no valid name and personal number, so you are not signed in. "
        "Update the account where it was issued, or ask for help at a counter.",
    )
