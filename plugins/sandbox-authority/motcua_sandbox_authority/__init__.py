"""A time-stamping authority for demos and tests: RFC 3161, OCSP and CRLs as they are, by an invented authority.

Its keys follow from the tenant's secret, so that there is nothing to keep. What it stamps proves nothing to
anybody outside. Enable it for no tenant with real people.
"""

from collections.abc import Sequence
from typing import Any

from motcua.api import PluginInfo, SignatureServices, Tenant, hookimpl
from motcua_sandbox_authority import pages, services

PLUGIN = PluginInfo(
    name="sandbox-authority",
    version="0.1.0",
    title_vi="Dấu thời gian thử nghiệm",
    title_en="Sandbox time stamps",
)


@hookimpl
def register_signature_services(tenant: Tenant) -> Sequence[SignatureServices]:
    """Stamp every document of a province; the national office issues none."""
    stamping = SignatureServices(
        key="sandbox",
        title_vi="Dấu thời gian (thử nghiệm)",
        title_en="Time stamps (sandbox)",
        roots=services.roots,
        time_stamp=services.time_stamp,
        proofs=services.proofs,
    )
    return [stamping] if tenant.is_province else []


@hookimpl
def register_routes() -> Sequence[Any]:
    """Bring the same over HTTP, for programs that are to be pointed at it."""
    return pages.ROUTES
