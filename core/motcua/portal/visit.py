"""What every page of the portal starts from: the citizen, the tenant and the open platform."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from litestar.response import Redirect

from motcua.catalogue.adopted import TenantLaw
from motcua.catalogue.fields import Units
from motcua.catalogue.forms import Form
from motcua.dossiers import offices
from motcua.events.work import Work
from motcua.files.store import TenantFiles
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.web.here import AnyRequest, here, province_of
from motcua.web.sessions import Session, need


@dataclass(frozen=True)
class Visit:
    """A citizen's request."""

    request: AnyRequest
    platform: Platform
    tenant: Tenant
    session: Session

    @property
    def lang(self) -> str:
        """The language of the page."""
        return here(self.request).lang

    @property
    def files(self) -> TenantFiles:
        """The tenant's files."""
        return self.platform.files.for_tenant(self.tenant.id, self.tenant.slug)

    def work(self) -> AbstractAsyncContextManager[Work]:
        """Open a unit of work in the citizen's name."""
        return self.platform.works.begin(self.tenant, self.session.actor)

    async def law(self) -> TenantLaw:
        """Return what the tenant applies; asked for outside a transaction."""
        return await self.platform.catalogue.of(self.tenant)

    async def units(self, form: Form) -> Units | None:
        """Return the communes of the province by code, when the form asks for an address by commune."""
        if "address2" not in form.kinds:
            return None
        return offices.communes(await offices.of(self.platform, self.tenant))

    def url(self, path: str) -> str:
        """Return a path of this host as a link."""
        return here(self.request).url(path)

    def go(self, path: str) -> Redirect:
        """Answer a POST by sending the browser to a page."""
        return Redirect(self.url(path), status_code=303)


def citizen(request: AnyRequest) -> Visit:
    """Return the visit of a signed-in citizen; 404, 401 or 403 for anybody else."""
    tenant = province_of(request)
    session = need(here(request).session, "citizen")
    return Visit(request, request.app.state.platform, tenant, session)
