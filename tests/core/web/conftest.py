from collections.abc import AsyncIterator

import httpx2
import pytest

from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.web.gate import Gate
from tests.plugins.sandbox_identity import walk


@pytest.fixture
async def outbound(app: Gate, platform: Platform) -> AsyncIterator[httpx2.AsyncClient]:
    """Outbound requests of the application, back into this process."""
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app)) as client:
        platform.cache["http"] = client
        yield client
        platform.cache.pop("http")


@pytest.fixture
async def peopled(
    outbound: httpx2.AsyncClient, platform: Platform, quang_ninh: Tenant, thai_nguyen: Tenant
) -> Platform:
    for tenant in (quang_ninh, thai_nguyen):
        await walk.populate(platform, tenant)
    return platform
