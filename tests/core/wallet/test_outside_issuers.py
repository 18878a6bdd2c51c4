"""Whom a tenant believes: the platform's list, and issuers outside of it while an administrator says so."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from motcua.errors import Invalid, NotFound
from motcua.events.log import SYSTEM
from motcua.keys import root as root_key
from motcua.tenancy.tenant import Tenant
from motcua.wallet import (
    certificates,
    jose,
    sdjwt,
    statuslist,
    trust_store,
)
from tests.core.wallet.archive import KIND, NAME, Archive
from tests.core.wallet.asked import ask, read_answer

pytestmark = pytest.mark.anyio
_AUTHORITY = "select certificate from tenant_key where purpose = 'authority' limit 1"
Refused = Callable[[str], Any]


async def test_the_trust_list_is_signed_cacheable_and_believed_with_the_root_alone(
    archive: Archive, quang_ninh: Tenant, thai_nguyen: Tenant
) -> None:
    from motcua import api

    url = archive.url(thai_nguyen, "/.well-known/motcua-trust-list")
    answer = await archive.client.get(url)
    assert answer.headers["cache-control"] == "public, max-age=300"
    again = await archive.client.get(url, headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    root = root_key.certificate_file(archive.platform.settings).read_bytes()
    source = archive.url(thai_nguyen)
    found = api.read_trust_list(answer.text, root=root, source=source)
    assert found.issuers[archive.url(quang_ninh)].name == "Tỉnh Quảng Ninh"
    wallet = await archive.received(await archive.result(quang_ninh))
    paper = wallet.papers[0]
    shown = sdjwt.present(
        paper.credential,
        ["full_name"],
        holder_key=paper.key,
        nonce="n" * 22,
        aud="bank",
        iat=datetime.now(UTC),
    )
    assert paper.content.status is not None
    lists = {u: (await archive.client.get(u)).text for u in [paper.content.status.uri]}
    seen = api.verify(
        shown, nonce="n" * 22, audience="bank", trust=found, status_list=lists.__getitem__
    )
    assert (seen.claims["full_name"], seen.status) == (NAME, "valid")


async def test_an_issuer_of_outside_counts_for_its_types_while_an_administrator_believes_it(
    archive: Archive, quang_ninh: Tenant, refused: Refused
) -> None:
    outside = _Outside()
    made = await ask(archive, quang_ninh)
    with refused("not_satisfied"):
        await _wallet_of(archive, outside).ask(made["request"])
    entry = await _believe(archive, quang_ninh, outside)
    async with _reachable(archive, outside):
        wallet = _wallet_of(archive, outside)
        made = await ask(archive, quang_ninh)
        await wallet.present(made["request"])
        (paper,) = (await read_answer(archive, made))["credentials"]
        assert (paper["issuer"], paper["issuer_name"]) == (outside.url, "Nơi cấp ngoài")
        outside.revoked = True
        with refused("revoked"):
            await wallet.present((await ask(archive, quang_ninh))["request"])
        outside.revoked = False
        waiting = await wallet.ask((await ask(archive, quang_ninh))["request"])
        async with archive.platform.works.begin(quang_ninh, SYSTEM) as work:
            await trust_store.revoke(work, entry, "thử xong")
        with refused("untrusted_issuer"):
            await wallet.answer(waiting)
    async with archive.platform.works.begin(quang_ninh, SYSTEM) as work:
        with pytest.raises(NotFound):
            await trust_store.revoke(work, entry, "lần nữa")


async def test_one_tenants_trust_is_not_anothers(
    archive: Archive, quang_ninh: Tenant, thai_nguyen: Tenant
) -> None:
    outside = _Outside()
    entry = await _believe(archive, quang_ninh, outside)
    async with archive.platform.db.tenant(thai_nguyen) as tx:
        there = await trust_store.trust_of(archive.platform, tx)
    assert outside.url not in there.issuers
    async with archive.platform.works.begin(quang_ninh, SYSTEM) as work:
        await trust_store.revoke(work, entry, "thử xong")


async def test_a_wrong_entry_of_the_trust_list_says_what_is_wrong(
    archive: Archive, quang_ninh: Tenant
) -> None:
    from dataclasses import replace

    good = _Outside().described()
    own = root_key.certificate_file(archive.platform.settings).read_text()
    async with archive.platform.db.tenant(quang_ninh) as tx:
        authority = await tx.fetchval(_AUTHORITY)
    for change, field in (
        ({"url": "http://issuer.example"}, "url"),
        ({"url": "https://issuer.example/"}, "url"),
        ({"url": "https://u@issuer.example"}, "url"),
        ({"url": "https://10.0.0.7"}, "url"),
        ({"url": "https://169.254.169.254/latest"}, "url"),
        ({"url": "https://[::1]"}, "url"),
        ({"url": "https://[::1"}, "url"),
        ({"url": "https://2130706433"}, "url"),
        ({"url": "https://127.0.0.0x1"}, "url"),
        ({"url": "https://postgres"}, "url"),
        ({"url": "https://vault.internal"}, "url"),
        ({"url": "https://issuer.example:port"}, "url"),
        ({"url": archive.url(quang_ninh)}, "url"),
        ({"name": " "}, "name"),
        ({"certificates": "x"}, "certificates"),
        ({"certificates": own}, "certificates"),
        ({"certificates": good.certificates + own}, "certificates"),
        ({"certificates": authority}, "certificates"),
        ({"types": {}}, "types"),
        ({"valid_until": good.valid_from}, "valid_until"),
    ):
        with pytest.raises(Invalid) as wrong:
            async with archive.platform.works.begin(quang_ninh, SYSTEM) as work:
                await trust_store.add(archive.platform, work, replace(good, **change))
        assert field in wrong.value.fields


async def test_no_administrator_points_the_server_at_itself_where_it_serves_others(
    archive: Archive, quang_ninh: Tenant
) -> None:
    from dataclasses import replace

    settings = replace(archive.platform.settings, base_url="https://motcua.example")
    served = replace(archive.platform, settings=settings)
    for url in ("http://localhost:5432", "https://db.localhost"):
        with pytest.raises(Invalid) as wrong:
            async with archive.platform.works.begin(quang_ninh, SYSTEM) as work:
                await trust_store.add(served, work, replace(_Outside().described(), url=url))
        assert "tên miền công khai" in str(wrong.value.fields["url"])


async def test_the_platforms_own_root_counts_for_no_address_outside(
    archive: Archive, quang_ninh: Tenant
) -> None:
    """Whoever got a certificate of ours could speak as the issuer outside, and the other way round."""
    from dataclasses import replace

    own = root_key.certificate_file(archive.platform.settings).read_text()
    with pytest.raises(Invalid) as wrong:
        async with archive.platform.works.begin(quang_ninh, SYSTEM) as work:
            described = replace(_Outside().described(), certificates=own)
            await trust_store.add(archive.platform, work, described)
    assert "chứng thư của chính hệ thống này" in str(wrong.value.fields["certificates"])


class _Outside:
    """An issuer that is no tenant: its own root, host and status list."""

    url = "https://issuer.example"

    def __init__(self) -> None:
        now = datetime.now(UTC)
        self.root = certificates.make_root("Gốc ngoài", now=now)
        self.key, self.holder = jose.generate_key(), jose.generate_key()
        self.leaf = certificates.credential_certificate(
            self.root, self.key, name="Ngoài", organization="Ngoài", host="issuer.example", now=now
        )
        self.revoked = False

    def described(self) -> trust_store.Outside:
        now = datetime.now(UTC)
        return trust_store.Outside(
            self.url,
            "Nơi cấp ngoài",
            certificates.to_pem(self.root.certificate).decode(),
            {KIND: f"{self.url}/types/register"},
            now - timedelta(minutes=1),
            now + timedelta(days=1),
        )

    def paper(self) -> str:
        now = datetime.now(UTC)
        claims = {"full_name": NAME, "register_kind": "disability"}
        return sdjwt.issue(
            claims,
            {"full_name"},
            issuer=self.url,
            vct=f"{self.url}/types/register",
            key=self.key,
            kid=jose.thumbprint(self.key),
            x5c=certificates.x5c([self.leaf]),
            holder_jwk=jose.public_jwk(self.holder),
            status=sdjwt.Status(f"{self.url}/lists/1", 5),
            iat=now,
            exp=now + timedelta(days=1),
        )

    def statuses(self) -> str:
        return statuslist.make_token(
            statuslist.build({5: 1} if self.revoked else {}, size=64, bits=2),
            bits=2,
            uri=f"{self.url}/lists/1",
            key=self.key,
            kid=jose.thumbprint(self.key),
            x5c=certificates.x5c([self.leaf]),
            iat=datetime.now(UTC),
            lifetime=timedelta(hours=1),
            ttl=timedelta(minutes=5),
        )


class _reachable:  # noqa: N801 -- reads as a state
    """Let the house reach the issuer of outside as well as itself."""

    def __init__(self, archive: Archive, outside: _Outside) -> None:
        self._archive, self._outside = archive, outside

    async def __aenter__(self) -> None:
        inner = self._archive.client._transport
        outside = self._outside

        async def handle(request: httpx2.Request) -> httpx2.Response:
            if request.url.host == "issuer.example":
                return httpx2.Response(200, text=outside.statuses())
            return await inner.handle_async_request(request)

        self._kept = self._archive.platform.cache["http"]
        self._client = httpx2.AsyncClient(transport=httpx2.MockTransport(handle))
        self._archive.platform.cache["http"] = self._client

    async def __aexit__(self, *_: object) -> None:
        self._archive.platform.cache["http"] = self._kept
        await self._client.aclose()


def _wallet_of(archive: Archive, outside: _Outside) -> Any:
    from motcua.wallet.holder import Paper

    wallet, text = archive.wallet(), outside.paper()
    content = sdjwt.verify_credential(
        text, issuer_key_lookup=lambda i, h: outside.key, now=datetime.now(UTC)
    )
    wallet.papers.append(Paper(text, outside.holder, content))
    return wallet


async def _believe(archive: Archive, tenant: Tenant, outside: _Outside) -> Any:
    async with archive.platform.works.begin(tenant, SYSTEM) as work:
        return await trust_store.add(archive.platform, work, outside.described())
