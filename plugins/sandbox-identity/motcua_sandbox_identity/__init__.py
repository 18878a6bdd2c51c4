"""A small OpenID Connect provider, for demos and tests: everybody may be every synthetic person.

It also brings the procedure by which a synthetic person gets an identity paper for his wallet.
Enable it for no tenant with real people.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from motcua.api import (
    DemoPerson,
    IdentityProvider,
    Migrations,
    PluginInfo,
    Tenant,
    Work,
    hookimpl,
)
from motcua_sandbox_identity import accounts, models, pages

PLUGIN = PluginInfo(
    name="sandbox-identity",
    version="0.1.0",
    title_vi="Đăng nhập thử nghiệm",
    title_en="Sandbox identity",
)
_HERE = Path(__file__).parent


@hookimpl
def register_identity_providers(tenant: Tenant) -> Sequence[IdentityProvider]:
    """Offer the two doors; the national office has no citizens."""
    citizens = IdentityProvider(
        key="sandbox",
        audience="citizen",
        title_vi="Định danh điện tử (thử nghiệm)",
        title_en="Electronic identity (sandbox)",
        issuer=pages.ROOT,
        client_id="motcua-citizen",
    )
    staff = IdentityProvider(
        key="sandbox-staff",
        audience="staff",
        title_vi="Tài khoản công vụ (thử nghiệm)",
        title_en="Staff account (sandbox)",
        issuer=pages.ROOT,
        client_id="motcua-staff",
    )
    return [citizens, staff] if tenant.is_province else [staff]


@hookimpl
def register_procedures() -> Sequence[Path]:
    """Bring the identity paper for wallets: whom it names is a synthetic person."""
    return sorted((_HERE / "procedures").iterdir())


@hookimpl
def register_routes() -> Sequence[Any]:
    """Bring the provider's endpoints."""
    return pages.ROUTES


@hookimpl
def register_templates() -> Path:
    """Bring the page on which one chooses whom to be."""
    return _HERE / "templates"


@hookimpl
def register_migrations() -> Migrations:
    """Bring the tables."""
    tables = [models.account, models.code, models.signing_key]
    return Migrations(models.PREFIX, _HERE / "versions", tables)


@hookimpl
async def demo_people(work: Work, people: Sequence[DemoPerson]) -> None:
    """Give every synthetic person an account."""
    await accounts.remember(work, people)
