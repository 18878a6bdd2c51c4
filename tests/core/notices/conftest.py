"""A tenant that writes to people through toys."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from motcua.api import Message, NoticeChannel, hookimpl
from motcua.platform import Platform
from motcua.tenancy.db import Database
from motcua.tenancy.tenant import Tenant

from ...conftest import NewTenant, tenant_named
from ..plugins.toys import house, toy

_ENABLE = """update tenant set plugins = plugins || '["post"]' where id = $1"""


@dataclass
class Post:
    """A toy channel: what it took, and what it raises."""

    took: list[Message] = field(default_factory=list)
    raises: Exception | None = None

    async def send(self, work: Any, message: Message) -> str:
        """Take a message, or fail."""
        if self.raises is not None:
            raise self.raises
        self.took.append(message)
        return f"post-{len(self.took)}"


@pytest.fixture
async def tenant(platform: Platform, owner: Database, new_tenant: NewTenant) -> Tenant:
    """Return a tenant that has enabled the toys."""
    made = await new_tenant()
    async with owner.platform() as tx:
        await tx.execute(_ENABLE, made.id)
    await platform.directory.refresh(force=True)
    return tenant_named(platform, made.slug)


@pytest.fixture
def channel(platform: Platform) -> Iterator[Callable[..., Post]]:
    """Return a maker of channels: the platform knows no other plugin while the test runs."""
    before = platform.plugins

    def make(raises: Exception | None = None) -> Post:
        post = Post(raises=raises)

        @hookimpl
        def register_notice_channels(tenant: Tenant) -> Sequence[NoticeChannel]:
            return [NoticeChannel("toy", "Thử", "Toy", post.send)]

        platform.plugins = house(toy("post", register_notice_channels))
        return post

    yield make
    platform.plugins = before
