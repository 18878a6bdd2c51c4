"""A tenant without a database: for what the plugin manager decides alone."""

from dataclasses import replace
from uuid import UUID

import pytest

from motcua.tenancy.tenant import Tenant

_TENANT = Tenant(
    id=UUID(int=1),
    slug="tinh-mau",
    host="tinh-mau.localhost",
    kind="province",
    name="Tỉnh Mẫu",
    short_name="Mẫu",
    agency_code="H01",
    province_code="01",
    plugins=frozenset(),
    settings={},
)


@pytest.fixture
def quang_ninh_like() -> Tenant:
    """Return a province that has enabled the toys ``weak``, ``strong``, ``half`` and ``zz-toy-bad``."""
    return replace(_TENANT, plugins=frozenset({"weak", "strong", "half", "zz-toy-bad"}))


@pytest.fixture
def neighbour() -> Tenant:
    """Return a province that has enabled none of them."""
    return replace(_TENANT, id=UUID(int=2), slug="tinh-ben", plugins=frozenset({"certification"}))
