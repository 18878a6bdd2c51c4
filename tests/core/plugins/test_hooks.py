"""Each hook with a toy plugin: that it is called as documented, and only where it is enabled."""

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import click
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from motcua import hookspecs
from motcua.api import (
    IdentityProvider,
    Message,
    Migrations,
    NoticeChannel,
    Refusal,
    RevocationProof,
    SignatureServices,
)
from motcua.errors import Unavailable
from motcua.tenancy.tenant import Tenant
from tests.core.plugins.toys import house, toy

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "docs" / "plugins" / "hooks.md"
HOOKS = sorted(n for n, f in vars(hookspecs).items() if hasattr(f, "motcua_spec"))


def _tests() -> set[str]:
    found: set[str] = set()
    for file in HERE.glob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.add(node.name)
    return found


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_test_and_a_page(hook: str) -> None:
    assert any(name.startswith(f"test_hook_{hook}") for name in _tests()), "write a test"
    page = PAGE.read_text(encoding="utf-8")
    part = re.search(rf"^## `{hook}`$(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert part, "write its part of docs/plugins/hooks.md"
    assert "```python" in part[1], "show an example"
    assert f"def {hook}(" in part[1]


def test_the_page_describes_no_hook_that_does_not_exist() -> None:
    described = re.findall(r"^## `(\w+)`$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(described) == HOOKS


def test_every_hook_says_since_when_it_exists() -> None:
    for hook in HOOKS:
        assert re.search(r"Since API \d", getattr(hookspecs, hook).__doc__), hook


def test_hook_register_procedures_hands_over_folders_with_the_plugins_name() -> None:
    def register_procedures() -> Sequence[Path]:
        return [Path("one"), Path("two")]

    plugins = house(toy("weak", register_procedures))
    assert list(plugins.procedures()) == [("weak", Path("one")), ("weak", Path("two"))]


def test_hook_register_templates_hands_over_a_folder() -> None:
    def register_templates() -> Path:
        return Path("templates")

    assert house(toy("weak", register_templates)).template_folders() == [Path("templates")]


def test_hook_register_identity_providers_is_asked_for_one_tenant(
    quang_ninh_like: Tenant, neighbour: Tenant
) -> None:
    asked: list[str] = []

    def register_identity_providers(tenant: Tenant) -> Sequence[IdentityProvider]:
        asked.append(tenant.slug)
        return [
            IdentityProvider("k", "citizen", "Thử", "Toy", "https://id.example", tenant.slug, None)
        ]

    plugins = house(toy("weak", register_identity_providers))
    assert [p.client_id for p in plugins.identity_providers(quang_ninh_like)] == ["tinh-mau"]
    assert plugins.identity_providers(neighbour) == []
    assert asked == ["tinh-mau"]


@pytest.mark.anyio
async def test_hook_register_notice_channels_hands_every_message_to_the_first_channel(
    quang_ninh_like: Tenant, neighbour: Tenant
) -> None:
    async def send(work: Any, message: Message) -> str:
        return f"to {message.contact}"

    async def never(work: Any, message: Message) -> str:
        raise AssertionError

    def register_notice_channels(tenant: Tenant) -> Sequence[NoticeChannel]:
        return [
            NoticeChannel("sms", "Tin nhắn", "Text message", send),
            NoticeChannel("second", "Khác", "Other", never),
        ]

    plugins = house(toy("weak", register_notice_channels))
    message = Message(UUID(int=7), "called", "0912345678", "Mời số A007", "vi")
    assert await plugins.send_notice(quang_ninh_like, None, message) == ("sms", "to 0912345678")
    assert await plugins.send_notice(neighbour, None, message) is None


def test_hook_register_wallet_channels_is_asked_for_one_tenant_and_takes_nobodys_name(
    quang_ninh_like: Tenant, neighbour: Tenant
) -> None:
    def register_wallet_channels(tenant: Tenant) -> Sequence[Any]:
        return [SimpleNamespace(key=key) for key in ("weak", "weak-two", "wallet", "weakest")]

    def broken() -> Sequence[Any]:
        raise ConnectionError

    broken.__name__ = "register_wallet_channels"
    plugins = house(toy("weak", register_wallet_channels), toy("strong", broken))
    found = [(plugin, c.key) for plugin, c in plugins.wallet_channels(quang_ninh_like)]
    assert found == [("weak", "weak"), ("weak", "weak-two")]
    assert plugins.wallet_channels(neighbour) == []


@pytest.mark.anyio
async def test_hook_register_signature_services_gives_one_tenant_its_first_answer(
    quang_ninh_like: Tenant, neighbour: Tenant
) -> None:
    async def roots(work: Any) -> Sequence[bytes]:
        return [b"root of " + work.tenant.slug.encode()]

    async def stamp(work: Any, request: bytes) -> bytes:
        return b"stamped " + request

    async def proofs(work: Any, certificate: bytes, issuer: bytes) -> Sequence[RevocationProof]:
        return [RevocationProof("crl", certificate + issuer)]

    def register_signature_services(tenant: Tenant) -> Sequence[SignatureServices]:
        return [
            SignatureServices(key, "Dấu thời gian", "Time stamps", roots, stamp, proofs)
            for key in ("first", "second")
        ]

    plugins = house(toy("weak", register_signature_services))
    assert plugins.seals(quang_ninh_like)
    assert not plugins.seals(neighbour)
    assert plugins.signature_services(neighbour) is None
    found = plugins.signature_services(quang_ninh_like)
    assert found is not None
    plugin, services = found
    assert (plugin, services.key) == ("weak", "first")
    work = SimpleNamespace(tenant=quang_ninh_like, tx=SimpleNamespace(alive=True))
    ask = plugins.ask_signature_service
    assert await ask(work, plugin, services.time_stamp, b"this") == b"stamped this"
    assert await ask(work, plugin, services.proofs, b"a", b"b") == [RevocationProof("crl", b"ab")]


async def _handler(work: Any, dossier_id: UUID) -> Mapping[str, Any]:
    return {"weighed": True}


def test_hook_register_service_tasks_belong_to_the_tenants_of_their_plugin(
    quang_ninh_like: Tenant, neighbour: Tenant
) -> None:
    def register_service_tasks() -> Mapping[str, Any]:
        return {"weigh": _handler}

    plugins = house(toy("weak", register_service_tasks))
    assert plugins.service_tasks() == {"weigh": ("weak", _handler)}
    assert plugins.service_tasks(quang_ninh_like) == {"weigh": ("weak", _handler)}
    assert plugins.service_tasks(neighbour) == {}


def test_two_plugins_may_use_one_name_of_a_service_task_at_different_tenants(
    quang_ninh_like: Tenant, neighbour: Tenant
) -> None:
    async def other(work: Any, dossier_id: UUID) -> Mapping[str, Any]:
        return {}

    def mine() -> Mapping[str, Any]:
        return {"weigh": _handler}

    def theirs() -> Mapping[str, Any]:
        return {"weigh": other}

    mine.__name__ = theirs.__name__ = "register_service_tasks"
    plugins = house(toy("weak", mine), toy("certification", theirs))
    assert plugins.service_tasks(quang_ninh_like)["weigh"] == ("weak", _handler)
    assert plugins.service_tasks(neighbour)["weigh"] == ("certification", other)


def test_hook_register_migrations_hands_over_the_plugins_own_tables() -> None:
    table = sa.Table("weak_kettle", sa.MetaData(), sa.Column("id", sa.Uuid()))
    brought = Migrations("weak", Path("versions"), (table,))

    def register_migrations() -> Migrations:
        return brought

    assert list(house(toy("weak", register_migrations)).migrations()) == [("weak", brought)]


def test_hook_register_commands_adds_to_the_program() -> None:
    def register_commands(cli: click.Group) -> None:
        @cli.command()
        def boil() -> None:
            click.echo("hot")

    group = click.Group()
    house(toy("weak", register_commands)).add_commands(group)
    assert CliRunner().invoke(group, ["boil"]).output == "hot\n"


def test_hook_register_links_are_absent_where_the_plugin_is_not_enabled(
    quang_ninh_like: Tenant, neighbour: Tenant
) -> None:
    def register_links(tenant: Tenant, audience: str) -> Sequence[tuple[str, str, str]]:
        return [("/x/weak", "Thử", audience)]

    plugins = house(toy("weak", register_links))
    assert plugins.links(quang_ninh_like, "staff") == [("/x/weak", "Thử", "staff")]
    assert plugins.links(neighbour, "staff") == []


@pytest.mark.anyio
async def test_hook_demo_people_may_be_plain_or_asynchronous(
    quang_ninh_like: Tenant, neighbour: Tenant
) -> None:
    met: list[Any] = []

    async def later(work: Any, people: Sequence[Any]) -> None:
        met.append(("later", *people))

    def at_once(work: Any, people: Sequence[Any]) -> None:
        met.append(("at once", *people))

    later.__name__ = at_once.__name__ = "demo_people"
    plugins = house(toy("weak", later), toy("strong", at_once))
    await plugins.demo_people(SimpleNamespace(tenant=neighbour), ["An"])
    assert met == []
    await plugins.demo_people(SimpleNamespace(tenant=quang_ninh_like), ["An"])
    assert sorted(met) == [("at once", "An"), ("later", "An")]


def test_hook_dossier_may_change_refuses_with_the_first_reason(
    quang_ninh_like: Tenant, neighbour: Tenant
) -> None:
    def agrees(tenant: Tenant, dossier: Mapping[str, Any], change: str) -> Refusal | None:
        return None

    def dossier_may_change(dossier: Mapping[str, Any], change: str) -> Refusal | None:
        return Refusal("Chưa được", f"{change} not yet") if dossier["state"] == 1 else None

    agrees.__name__ = "dossier_may_change"
    plugins = house(toy("strong", agrees), toy("weak", dossier_may_change))
    new, done = {"state": 1}, {"state": 9}
    refused = plugins.refusal(quang_ninh_like, new, "dossier.accepted")
    assert refused == Refusal("Chưa được", "dossier.accepted not yet")
    assert plugins.refusal(quang_ninh_like, done, "dossier.returned") is None
    assert plugins.refusal(neighbour, new, "dossier.accepted") is None


def test_a_plugin_that_fails_when_asked_for_a_change_lets_nothing_pass(
    quang_ninh_like: Tenant,
) -> None:
    def dossier_may_change(dossier: Mapping[str, Any]) -> Refusal | None:
        raise ConnectionError("no answer")

    plugins = house(toy("weak", dossier_may_change))
    with pytest.raises(Unavailable, match="weak"):
        plugins.refusal(quang_ninh_like, {"state": 1}, "dossier.accepted")


@pytest.mark.anyio
async def test_hook_event_happened_is_told_to_the_named_plugin_only_where_it_is_enabled(
    quang_ninh_like: Tenant, neighbour: Tenant
) -> None:
    heard: list[str] = []

    async def weak(work: Any, event: Any) -> None:
        heard.append(f"weak {event}")

    def strong(event: Any) -> None:
        heard.append(f"strong {event}")

    weak.__name__ = strong.__name__ = "event_happened"
    plugins = house(toy("weak", weak), toy("strong", strong), toy("half"))
    assert sorted(plugins.listeners(quang_ninh_like)) == ["strong", "weak"]
    assert plugins.listeners(neighbour) == []
    for name in ("weak", "strong", "half"):
        await plugins.event_happened(name, quang_ninh_like, None, "ticket")
        await plugins.event_happened(name, neighbour, None, "secret")
    assert sorted(heard) == ["strong ticket", "weak ticket"]


def test_a_plugin_registered_later_does_not_leak_into_any_tenant(
    quang_ninh_like: Tenant,
) -> None:
    def register_links(tenant: Tenant, audience: str) -> Sequence[tuple[str, str, str]]:
        return [("/x/late", "Muộn", "Late")]

    def register_identity_providers(tenant: Tenant) -> Any:
        raise AssertionError("asked for a tenant that has not enabled it")

    def dossier_may_change(change: str) -> Refusal:
        raise AssertionError("asked for a tenant that has not enabled it")

    def event_happened(event: Any) -> None:
        raise AssertionError("told of an event of a tenant that has not enabled it")

    plugins = house(toy("weak"))
    plugins.add(
        "late",
        toy(
            "late", register_links, register_identity_providers, dossier_may_change, event_happened
        ),
    )
    assert plugins.links(quang_ninh_like, "citizen") == []
    assert plugins.identity_providers(quang_ninh_like) == []
    assert plugins.refusal(quang_ninh_like, {"state": 1}, "dossier.accepted") is None
    assert plugins.listeners(quang_ninh_like) == []
    assert plugins.enabled(quang_ninh_like) == {"weak"}
    both = replace(quang_ninh_like, plugins=frozenset({"late"}))
    assert plugins.links(both, "citizen") == [("/x/late", "Muộn", "Late")]
