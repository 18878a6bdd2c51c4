"""The browser wallet, on a host of its own: it belongs to the person and to no province."""

import base64
from types import SimpleNamespace
from typing import Any

from litestar import get
from litestar.response import Template

from motcua.errors import NotFound
from motcua.platform import Platform
from motcua.wallet import certificates, hosted, issuer, program_routes
from motcua.web.here import AnyRequest, here
from motcua.web.pages import page


@get("/wallet-app", sync_to_thread=False, include_in_schema=False, opt={"open": True})
def wallet(request: AnyRequest) -> Template:
    """Show the wallet; what it holds never leaves the browser."""
    if not here(request).wallet:
        raise NotFound()
    platform: Platform = request.app.state.platform
    known = [base64.b64encode(certificates.der(root)).decode() for root in issuer.roots(platform)]
    name = "Identity wallet" if here(request).lang == "en" else "Ví giấy tờ điện tử"
    site = SimpleNamespace(name=name, short_name=name, kind="platform", slug="")
    return page(request, "wallet/wallet.html", roots=known, site=site)


ROUTES: list[Any] = [wallet, *hosted.ROUTES, *program_routes.ROUTES]
