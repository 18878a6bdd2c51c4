"""The only module a plugin imports. What stands in ``__all__`` is kept stable within API version 1."""

from motcua.channels.contract import ChannelBench, WalletChannelContract
from motcua.channels.engine import arrived as delivery_arrived
from motcua.clock import now
from motcua.documents.paper import Paper, PaperError, PaperKeys, verify_paper
from motcua.dossiers.awaited import arrived as message_arrived
from motcua.dossiers.awaited import signalled
from motcua.dossiers.codes import local_day
from motcua.dossiers.service_tasks import TaskRefused
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
from motcua.plugins.kinds import (
    DemoPerson,
    IdentityProvider,
    Message,
    Migrations,
    NoticeChannel,
    PluginInfo,
    Refusal,
    RevocationProof,
    SignatureServices,
)
from motcua.plugins.wallet_channels import LEVELS as ASSURANCE_LEVELS
from motcua.plugins.wallet_channels import Capability as ChannelCapability
from motcua.plugins.wallet_channels import (
    ClaimsRequest,
    Delivery,
    Errand,
    Holder,
    Interaction,
    IssuedResult,
    NotDeliverable,
    Person,
    VerifiedClaims,
    WalletChannel,
)
from motcua.reporting.national import Day, National, Province
from motcua.reporting.national import by_day as national_days
from motcua.reporting.national import figures as national_figures
from motcua.reporting.overview import Overview
from motcua.reporting.overview import overview as tenant_overview
from motcua.reporting.small import FEW, Split, splits
from motcua.reporting.standards import SettledService
from motcua.reporting.standards import settled as settled_services
from motcua.reporting.standards import units as settling_units
from motcua.tenancy.schema import JSON, MOMENT, col, one_of, ref, tenant_table
from motcua.tenancy.tenant import Tenant
from motcua.tenancy.vault import digest
from motcua.text import fold, nfc, vn_date, vn_moment, vn_money
from motcua.wallet.checking import StatusList, Verified, verify
from motcua.wallet.paper_keys import read_paper_keys
from motcua.wallet.refusal import CredentialError
from motcua.wallet.trust import Trust, TrustedIssuer, read_trust_list
from motcua.web.here import here, province_of, tenant_of
from motcua.web.pages import page
from motcua.web.sessions import need, need_role
from motcua.web.sign_in import CALLBACK as SIGN_IN_CALLBACK
from motcua.web.sign_in import base_url_of

__all__ = [
    "ASSURANCE_LEVELS",
    "FEW",
    "JSON",
    "MOMENT",
    "SIGN_IN_CALLBACK",
    "Actor",
    "ChannelBench",
    "ChannelCapability",
    "ClaimsRequest",
    "Conflict",
    "CredentialError",
    "Day",
    "Delivery",
    "DemoPerson",
    "Errand",
    "Event",
    "Forbidden",
    "Gone",
    "Holder",
    "IdentityProvider",
    "Interaction",
    "Invalid",
    "IssuedResult",
    "Message",
    "Migrations",
    "National",
    "NotDeliverable",
    "NotFound",
    "NoticeChannel",
    "Overview",
    "Paper",
    "PaperError",
    "PaperKeys",
    "Person",
    "Platform",
    "PluginInfo",
    "Problem",
    "Province",
    "Refusal",
    "RevocationProof",
    "SettledService",
    "SignInNeeded",
    "SignatureServices",
    "Split",
    "StatusList",
    "TaskRefused",
    "Tenant",
    "TooLarge",
    "Trust",
    "TrustedIssuer",
    "Unavailable",
    "Unsupported",
    "Verified",
    "VerifiedClaims",
    "WalletChannel",
    "WalletChannelContract",
    "Work",
    "base_url_of",
    "col",
    "delivery_arrived",
    "digest",
    "fold",
    "here",
    "hookimpl",
    "local_day",
    "message_arrived",
    "national_days",
    "national_figures",
    "need",
    "need_role",
    "nfc",
    "now",
    "one_of",
    "page",
    "province_of",
    "random_code",
    "read_paper_keys",
    "read_trust_list",
    "ref",
    "settled_services",
    "settling_units",
    "signalled",
    "splits",
    "tenant_of",
    "tenant_overview",
    "tenant_table",
    "token",
    "uuid7",
    "verify",
    "verify_paper",
    "vn_date",
    "vn_moment",
    "vn_money",
]
