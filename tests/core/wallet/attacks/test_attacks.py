"""Every attack of the book, and the count of them: no rule is tried less than twice."""

from collections import Counter

import pytest

from motcua.tenancy.tenant import Tenant
from tests.conftest import Browser
from tests.core.wallet.archive import Archive
from tests.core.wallet.attacks import issuing, presenting
from tests.core.wallet.attacks.book import BOOK, RULES, Page
from tests.core.wallet.attacks.siege import Siege
from tests.core.wallet.conftest import Issuer

pytestmark = pytest.mark.anyio
WHERE = (issuing, presenting)


@pytest.mark.parametrize("page", BOOK, ids=lambda page: f"{page.rule}: {page.name}")
async def test_it_does_not_work(
    page: Page,
    archive: Archive,
    quang_ninh: Tenant,
    thai_nguyen: Tenant,
    browse: Browser,
    issuer: Issuer,
) -> None:
    await page.run(Siege(archive, quang_ninh, thai_nguyen, browse, issuer))


def test_every_rule_is_attacked_twice_at_least() -> None:
    tried = Counter(page.rule for page in BOOK)
    assert {rule: tried[rule] for rule in RULES if tried[rule] < 2} == {}
    assert len({page.name for page in BOOK}) == len(BOOK)
