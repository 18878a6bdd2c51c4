"""Deliveries are seen: by the person on the dossier's page, by the operator, in the trace."""

import json
from dataclasses import replace

import pytest

from motcua.channels import operating
from motcua.tenancy.tenant import Tenant
from motcua.tracing import chain

from .conftest import Courier, Post

pytestmark = pytest.mark.anyio
_CODE = "select track_code from dossier where id = $1"


async def test_the_trace_shows_every_delivery_and_names_nobody(
    post: Post, couriers: list[Courier]
) -> None:
    usual = post.ordered(ways=[{"order": ["courier"]}])
    ready = await usual.issue()
    await usual.run(ready)
    code = await usual.archive.one(usual.tenant, _CODE, ready.dossier)
    branches = {b.title: b.lines for b in (await chain(usual.platform, code)).branches}
    told = "\n".join(branches["delivery"])
    assert "delivery.owed" in told
    assert "delivery.received" in told
    assert "channel=courier" in told
    assert "Nguyễn" not in told


async def test_the_operator_reads_states_and_no_names(post: Post, couriers: list[Courier]) -> None:
    couriers[0].raises = RuntimeError("Nguyễn Thị Bích Ngọc")
    post.platform.plugins.breakers.after = 1000
    failing = post.ordered(ways=[{"order": ["courier", "post"]}])
    ready = await failing.issue()
    await failing.run(ready)
    async with failing.work() as work:
        found = await operating.waiting(work)
    said = json.dumps(found)
    mine = [d for d in found["stuck"] if d["result"] == str(ready.id)]
    assert [(d["channel"], d["state"], d["attempts"]) for d in mine] == [("courier", "given_up", 8)]
    assert str(ready.id) in {d["result"] for d in found["post"]}
    assert "Bích" not in said


async def test_a_neighbour_sees_none_of_it(post: Post, thai_nguyen: Tenant) -> None:
    usual = post.ordered()
    ready = await usual.issue()
    await usual.run(ready)
    there = replace(post, tenant=thai_nguyen)
    assert await there.book(ready) == {}
