"""A result as a document: set in type, with the code of its paper copy and a visible stamp, signed, stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from anyio import to_thread

from motcua.documents import kept, paper
from motcua.documents.render import Rendered, render_document
from motcua.documents.signing import Drawn, sign_pdf
from motcua.events.work import Work
from motcua.keys import signing, store
from motcua.keys.signing import Signer
from motcua.platform import Platform
from motcua.wallet import certificates

_PLACES = {"qr", "signature"}


@dataclass(frozen=True)
class About:
    """What the code of the paper copy says beside title and unit."""

    number: str
    verify_code: str
    holder: str
    issued_at: datetime
    expires_at: datetime | None


async def seal(
    platform: Platform, work: Work, template: Path | str, data: Mapping[str, Any], about: About
) -> tuple[str, str]:
    """Render a result, sign it with the tenant's document key (PAdES B-B), store it.

    ``data`` is what the template may use; the address to verify at is added. Returns the stored file's hash
    and the key's id.
    """
    key = await signing.current(work.tx, work.vault, store.DOCUMENT, work.now)
    url = platform.settings.url_of(work.tenant.slug)
    address = f"{url}/verify/{about.verify_code}"
    more = {
        "verify_url": address,
        "verify_code": about.verify_code,
        "qr_place": paper.CODE_MM,
    }
    rendered = await _rendered(template, {**data, **more}, work.now)
    code = await _code(data, about, rendered, url, key)
    await kept.printed(work.tx, urlsplit(url).netloc)
    pdf = await signed(work, key, rendered, data, code=code)
    files = platform.files.for_tenant(work.tenant.id, work.tenant.slug)
    stored = await to_thread.run_sync(files.put, pdf)
    return stored.sha256, key.kid


async def signed(
    work: Work,
    key: Signer,
    rendered: Rendered,
    data: Mapping[str, Any],
    *,
    code: Drawn | None = None,
) -> bytes:
    """Return a rendered document with stamp and signature (PAdES B-B); ``data`` names ``title`` and ``unit``."""
    return await sign_pdf(
        rendered.pdf,
        sign=key.sign,
        chain_pem=key.chain_pem,
        at=work.now,
        reason=str(data["title"]),
        name=work.tenant.name,
        location=str(data["unit"]["name"]),
        stamp=await _stamp(work, data, rendered),
        code=code,
    )


async def _rendered(template: Path | str, data: Mapping[str, Any], at: datetime) -> Rendered:
    """Set the document; what its template keeps no place for stands on a page behind."""
    rendered = await render_document(template, data, at=at)
    missing = sorted(_PLACES - rendered.places.keys())
    if not missing:
        return rendered
    more = {**data, "missing": missing}
    return await render_document(template, more, at=at, last_page="sealing")


async def _stamp(work: Work, data: Mapping[str, Any], rendered: Rendered) -> Drawn:
    """Return the picture of the signature for its place."""
    place = rendered.places["signature"]
    said = {
        "name": work.tenant.name,
        "organisation": data["unit"]["name"],
        "signed_at": work.now,
        "width": place.x2 - place.x1,
        "height": place.y2 - place.y1,
    }
    made = await render_document("stamp", said, at=work.now)
    return Drawn(place, made.pdf)


async def _code(
    data: Mapping[str, Any], about: About, rendered: Rendered, url: str, key: Signer
) -> Drawn:
    """Return the code of the paper copy, which names the document as it was rendered."""
    said = paper.Paper(
        about.number,
        str(data["title"]),
        str(data["unit"]["name"]),
        about.holder,
        about.issued_at,
        about.expires_at,
        paper.digest_of(rendered.pdf),
    )
    public = certificates.key_of(key.chain[0]).public_key
    text = await paper.make(said, url=url, code=about.verify_code, public=public, sign=key.sign)
    return Drawn(rendered.places["qr"], text)
