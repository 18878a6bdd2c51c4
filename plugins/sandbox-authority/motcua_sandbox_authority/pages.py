"""The same services over HTTP, for programs that are to be pointed at them (``openssl ts``, a PDF reader)."""

from typing import Any

from litestar import Request, Response, get, post

from motcua.api import Actor, Platform, Unsupported, Work, now, province_of
from motcua_sandbox_authority import authority, stamping, standing

_NOBODY = Actor("program", name="sandbox-authority")
_LARGEST = 4096
_PROTOCOL = {"open": True, "exclude_from_csrf": True}
_REQUEST = Request[Any, Any, Any]


@post("/tsa", opt=_PROTOCOL, status_code=200, include_in_schema=False)
async def tsa(request: _REQUEST) -> Response[bytes]:
    """Answer a time-stamp request (RFC 3161 section 3.4)."""
    asked = await _body(request, "application/timestamp-query")
    made = stamping.answer(await _authority(request), asked, now())
    return Response(made, media_type="application/timestamp-reply")


@post("/ocsp", opt=_PROTOCOL, status_code=200, include_in_schema=False)
async def ocsp(request: _REQUEST) -> Response[bytes]:
    """Answer an OCSP request (RFC 6960 appendix A)."""
    asked = await _body(request, "application/ocsp-request")
    made = standing.answer(await _authority(request), asked, now())
    return Response(made, media_type="application/ocsp-response")


@get("/root.crl", opt={"open": True}, include_in_schema=False)
async def crl(request: _REQUEST) -> Response[bytes]:
    """Return the CRL."""
    made = standing.crl(await _authority(request), now())
    return Response(made, media_type="application/pkix-crl")


@get("/root.pem", opt={"open": True}, include_in_schema=False)
async def root(request: _REQUEST) -> Response[bytes]:
    """Return the invented root, for who wants to trust it while trying things out."""
    return Response((await _authority(request)).root.pem, media_type="application/x-pem-file")


async def _authority(request: _REQUEST) -> authority.Authority:
    platform: Platform = request.app.state.platform
    work: Work
    async with platform.works.begin(province_of(request), _NOBODY) as work:
        return authority.of(work)


async def _body(request: _REQUEST, kind: str) -> bytes:
    content = await request.body()
    if request.content_type[0] != kind or len(content) > _LARGEST:
        raise Unsupported(f"Chỉ nhận {kind} đến 4 kB.", f"Only {kind} up to 4 kB.")
    return content


ROUTES: list[Any] = [tsa, ocsp, crl, root]
