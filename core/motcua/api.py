"""The only module a plugin imports. What stands in ``__all__`` is kept stable within API version 1."""

from motcua.errors import (
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    Problem,
    SignInNeeded,
    TooLarge,
    Unavailable,
    Unsupported,
)
from motcua.events.log import Actor, Event
from motcua.events.work import Work
from motcua.hookspecs import hookimpl
from motcua.ids import random_code, token, uuid7
from motcua.platform import Platform
from motcua.plugins.kinds import DemoPerson, IdentityProvider, Migrations, PluginInfo, Refusal
from motcua.reporting.national import figures as national_figures
from motcua.tenancy.schema import JSON, MOMENT, col, tenant_table
from motcua.tenancy.tenant import Tenant
from motcua.tenancy.vault import digest
from motcua.text import fold, nfc, vn_date, vn_moment, vn_money
from motcua.web.here import here, province_of, tenant_of
from motcua.web.pages import page
from motcua.web.sessions import need, need_role

__all__ = [
    "JSON",
    "MOMENT",
    "Actor",
    "Conflict",
    "DemoPerson",
    "Event",
    "Forbidden",
    "Gone",
    "IdentityProvider",
    "Invalid",
    "Migrations",
    "NotFound",
    "Platform",
    "PluginInfo",
    "Problem",
    "Refusal",
    "SignInNeeded",
    "Tenant",
    "TooLarge",
    "Unavailable",
    "Unsupported",
    "Work",
    "col",
    "digest",
    "fold",
    "here",
    "hookimpl",
    "national_figures",
    "need",
    "need_role",
    "nfc",
    "page",
    "province_of",
    "random_code",
    "tenant_of",
    "tenant_table",
    "token",
    "uuid7",
    "vn_date",
    "vn_moment",
    "vn_money",
]
