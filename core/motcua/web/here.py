"""Where a request is: tenant, session, language."""

from dataclasses import dataclass
from typing import Any

from litestar import Request

from motcua.errors import NotFound
from motcua.tenancy.tenant import Tenant
from motcua.web.sessions import Session

AnyRequest = Request[Any, Any, Any]


@dataclass
class Here:
    """Set by the gate for every request."""

    tenant: Tenant | None
    session: Session | None
    lang: str
    root: str
    wallet: bool
    new_language: bool = False

    def rewrite(self, path: str) -> str:
        """Return the path the framework sees: the start page depends on the kind of host."""
        if path == "/":
            if self.wallet:
                return "/wallet-app"
            if self.tenant and not self.tenant.is_province:
                return "/x/admin/national"
        return path

    def url(self, path: str) -> str:
        """Return a path of this host as a link."""
        return self.root + path


def here(request: AnyRequest) -> Here:
    """Return where this request is."""
    found = request.scope["state"]["here"]
    if not isinstance(found, Here):
        raise TypeError("the gate did not run")
    return found


def tenant_of(request: AnyRequest) -> Tenant:
    """Return the tenant of this request; 404 on a host that has none."""
    if (tenant := here(request).tenant) is None:
        raise NotFound()
    return tenant


def province_of(request: AnyRequest) -> Tenant:
    """Return the tenant when it is a province; 404 on the national office's host."""
    tenant = tenant_of(request)
    if not tenant.is_province:
        raise NotFound()
    return tenant
