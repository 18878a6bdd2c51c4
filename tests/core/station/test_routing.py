"""At the station the unit is chosen before the answers are known, and checked once they are."""

from typing import Any

import pytest

from motcua.ids import uuid7
from motcua.platform import Platform
from motcua.station.apply import check_unit, fits, levels_of
from motcua.station.screen import GoElsewhereError
from motcua.station.visits import Notes
from motcua.tenancy.tenant import Tenant
from tests.core.catalogue.builders import package

pytestmark = pytest.mark.anyio
ROUTED = package(
    level=["commune", "province"],
    routing={"expression": 'if copies > 9 then "province" else "commune"'},
)
_ANY = "select id from unit where kind = $1 limit 1"


def noted(**more: Any) -> Notes:
    return Notes(way="card", once="once", **more)


def test_the_answers_so_far_tell_the_levels() -> None:
    assert levels_of(ROUTED, noted(answers={"copies": "20"})) == ("province",)
    assert levels_of(ROUTED, noted(answers={"copies": "2"})) == ("commune",)
    assert levels_of(package(), noted()) == ("commune",)


def test_a_unit_fits_by_its_level_or_its_code() -> None:
    assert fits("province", ("province",))
    assert fits("department", ("province",))
    assert fits("ward", ("commune",))
    assert fits("ward", ("06652",), "06652")
    assert not fits("ward", ("province",), "06652")
    assert not fits("province", ("06652",), "22")


async def test_another_unit_is_asked_for_when_the_answers_lead_elsewhere(
    platform: Platform, quang_ninh: Tenant
) -> None:
    async with platform.db.tenant(quang_ninh) as tx:
        ward = await tx.fetchval(_ANY, "ward")
        await check_unit(tx, ROUTED, noted(unit=ward, answers={"copies": "2"}))
        for unit, copies in ((ward, "20"), (uuid7(), "2"), (None, "2")):
            with pytest.raises(GoElsewhereError) as elsewhere:
                await check_unit(tx, ROUTED, noted(unit=unit, answers={"copies": copies}))
            assert "/station/unit" in str(elsewhere.value)
