"""Every extension point of Một Cửa. Reading this file is reading what can be extended.

A plugin implements any of these with ``motcua.api.hookimpl``. A hook is called only for the tenants
that have enabled the plugin, except those marked *at start*, which collect what the plugin brings.
``docs/plugins/hooks.md`` shows each with an example.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import pluggy

hookspec = pluggy.HookspecMarker("motcua")
hookimpl = pluggy.HookimplMarker("motcua")


@hookspec
def register_procedures() -> Sequence[Path]:
    """At start: return the folders of this plugin's procedure packages.

    A folder holds ``procedure.toml``, ``form.toml`` and optionally a process, templates, scenarios.
    The packages are stored once by code and version; a tenant that has enabled the plugin may adopt
    them. Since API 1.
    """
    raise NotImplementedError


@hookspec
def register_routes() -> Sequence[Any]:
    """At start: return Litestar route handlers; they are mounted at ``/x/<plugin>``.

    They answer 404 on the hosts of tenants that have not enabled the plugin. Since API 1.
    """
    raise NotImplementedError


@hookspec
def register_templates() -> Path:
    """At start: return the folder of this plugin's Jinja templates, all below ``<plugin>/``.

    A template of the core cannot be replaced. Since API 1.
    """
    raise NotImplementedError


@hookspec
def register_identity_providers(tenant: Any) -> Sequence[Any]:
    """Return the ``IdentityProvider`` objects by which people may sign in at this tenant.

    Called when a sign-in page is shown. All answers are joined, in order of registration. Since API 1.
    """
    raise NotImplementedError


@hookspec
def register_notice_channels(tenant: Any) -> Sequence[Any]:
    """Return the ``NoticeChannel`` objects that bring short messages to people of this tenant.

    Called after the commit of what a message tells, and when a page asks whether there is a channel. All
    answers are joined, in order of registration; the first channel takes every message. Its ``send`` is
    called at least once for each, with ``message.id`` as idempotency key; what it raises brings the message
    again later, and neither the telephone nor the text may stand in it. Since API 1.
    """
    raise NotImplementedError


@hookspec
def register_wallet_channels(tenant: Any) -> Sequence[Any]:
    """Return the ``WalletChannel`` objects by which results can reach people of this tenant.

    Which of them are used, in which order and for which procedures, the tenant's ``channels.toml`` says. A
    channel's key is the plugin's name, or begins with it and a hyphen. ``deliver`` and ``withdraw`` are called
    after the commit of what they follow from, at least once for each result, with an idempotency key; what
    they raise brings the call again later, ``NotDeliverable`` hands on to the next channel. Since API 1.
    """
    raise NotImplementedError


@hookspec
def register_signature_services(tenant: Any) -> Sequence[Any]:
    """Return the ``SignatureServices`` by which signed documents of this tenant become provable for long.

    Called by a job after the commit of a result, never in a request: its time stamp and its revocation proofs
    bring the document from PAdES B-B to B-LT. The first answer is used, in order of registration; without
    one, documents stay on B-B. Its calls have 30 seconds; what they raise brings the document again later,
    eight times, and then it is shown to staff. Since API 1.
    """
    raise NotImplementedError


@hookspec
def register_service_tasks() -> Mapping[str, Any]:
    """At start: return handlers of service tasks, by the name a process uses.

    A handler is ``async (work, dossier_id) -> mapping of variables``; it runs in the transaction that
    moves the process on, at least once and once in effect. Since API 1.
    """
    raise NotImplementedError


@hookspec
def register_migrations() -> Any:
    """At start: return a ``Migrations`` (folder of Alembic versions, prefix of the plugin's tables).

    Each plugin has a version table of its own, so that it can be removed. Since API 1.
    """
    raise NotImplementedError


@hookspec
def register_commands(cli: click.Group) -> None:
    """At start: add commands to the ``motcua`` program. Since API 1."""


@hookspec
def register_links(tenant: Any, audience: str) -> Sequence[tuple[str, str, str]]:
    """Return links ``(address, Vietnamese, English)`` for the menu of an audience.

    ``audience`` is ``citizen`` (also nobody yet), ``staff``, or a role of the member of staff who looks
    (``admin``, ``leader``, …): staff are asked for once as ``staff`` and once for each role. Since API 1.
    """
    raise NotImplementedError


@hookspec
def demo_people(work: Any, people: Sequence[Any]) -> Any:
    """At the making of a demo: make synthetic ``people`` known to this plugin's systems.

    ``work`` is a unit of work of the tenant. May be async; each of ``people`` is a ``DemoPerson``. Since API 1.
    """
    raise NotImplementedError


@hookspec
def dossier_may_change(tenant: Any, dossier: Mapping[str, Any], change: str) -> Any:
    """Return ``None`` to accept a change, or a ``Refusal`` with its reason.

    Called before each change of a dossier's state, inside the transaction; the first refusal wins.
    ``dossier`` has ``id``, ``state``, ``procedure_code``. Must not block. Since API 1.
    """
    raise NotImplementedError


@hookspec
def event_happened(work: Any, event: Any) -> Any:
    """React to an event of the log after it was committed; may be async.

    Called at least once for each event, in a transaction of its own that ends the debt; calls to other
    systems carry ``event.id`` as idempotency key. Since API 1.
    """
    raise NotImplementedError
