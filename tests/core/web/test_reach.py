"""No name leads this program to a machine behind its own door that nobody named."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from anyio import to_thread

from motcua import clock, http
from motcua.reach import (
    OutOfReachError,
    Reach,
    as_address,
    is_public,
    is_public_name,
    read_networks,
)
from motcua.settings import Settings, from_environment
from motcua.wallet import certificates, jose

pytestmark = pytest.mark.anyio
NAME = "issuer.example.org"
LOCAL = Reach(home="localhost", port=8000)
Lead = Callable[..., list[str]]


@pytest.fixture
def lead(monkeypatch: pytest.MonkeyPatch) -> Lead:
    """Let a public name lead to some addresses, as a resolver would say; returns whom it was asked for."""
    asked: list[str] = []
    resolve = socket.getaddrinfo

    def to(*addresses: str) -> list[str]:
        def answer(host: Any, port: Any, *more: Any, **named: Any) -> Any:
            name = host.decode() if isinstance(host, bytes) else host
            if name != NAME:
                return resolve(host, port, *more, **named)
            asked.append(name)
            return [
                found
                for address in addresses
                for found in resolve(address, port, type=socket.SOCK_STREAM)
            ]

        monkeypatch.setattr(socket, "getaddrinfo", answer)
        return asked

    return to


class _Server:
    """Counts who came, and sends everybody into the inner network."""

    def __init__(self) -> None:
        self.visits, self.port = 0, 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.visits += 1
        await reader.readuntil(b"\r\n\r\n")
        there = b"location: http://10.0.0.7/latest/meta-data\r\n"
        writer.write(b"HTTP/1.1 302 Found\r\n" + there + b"content-length: 0\r\n\r\n")
        await writer.drain()
        writer.close()


@pytest.fixture
async def server() -> AsyncIterator[_Server]:
    made = _Server()
    served = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    made.port = served.sockets[0].getsockname()[1]
    async with served:
        yield made


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "::1",
        "::",
        "fe80::1",
        "fec0::1",
        "fd12:3456::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.1.2.3",
        "64:ff9b::10.1.2.3",
        "64:ff9b:1::1",
        "2002:0a01:0203::1",
    ],
)
async def test_a_public_name_that_leads_inside_is_not_asked(
    lead: Lead, server: _Server, address: str
) -> None:
    found = as_address(address)
    assert found is not None
    assert not is_public(found)
    lead(address)
    for reach in (Reach(), LOCAL, Reach(home="motcua.example.vn", port=443)):
        async with http.client(reach=reach) as client:
            with pytest.raises(httpx2.ConnectError, match="inner address"):
                await client.get(f"http://{NAME}:{server.port}/")
    assert server.visits == 0


async def test_one_inner_address_among_public_ones_is_enough_to_refuse(lead: Lead) -> None:
    lead("93.184.215.14", "127.0.0.1")
    async with http.client(reach=Reach()) as client:
        with pytest.raises(httpx2.ConnectError, match="inner address"):
            await client.get(f"http://{NAME}/")


async def test_the_name_is_resolved_once_and_the_checked_address_is_asked(
    lead: Lead, server: _Server
) -> None:
    asked = lead("127.0.0.1")
    async with http.client(reach=Reach(read_networks(["127.0.0.0/8"]))) as client:
        answer = await client.get(f"http://{NAME}:{server.port}/")
    assert (answer.status_code, server.visits, asked) == (302, 1, [NAME])


async def test_a_redirect_into_the_inner_network_is_not_followed_and_would_be_refused(
    lead: Lead, server: _Server
) -> None:
    lead("127.0.0.1")
    reach = Reach(read_networks(["127.0.0.1/32"]))
    async with http.client(reach=reach) as client:
        assert (await client.get(f"http://{NAME}:{server.port}/")).status_code == 302
        with pytest.raises(httpx2.ConnectError, match=r"inner address 10\.0\.0\.7"):
            await client.get(f"http://{NAME}:{server.port}/", follow_redirects=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "quang-ninh.localhost", "[::1]"])
async def test_this_machine_is_asked_by_an_installation_on_it_alone(
    server: _Server, host: str
) -> None:
    async with http.client(reach=Reach(home="motcua.example.vn", port=443)) as client:
        with pytest.raises(httpx2.ConnectError, match="inner address"):
            await client.get(f"http://{host}:{server.port}/")
    assert server.visits == 0
    if host != "[::1]":
        async with http.client(reach=LOCAL) as client:
            assert (await client.get(f"http://{host}:{server.port}/")).status_code == 302


async def test_tls_asks_for_the_name_though_an_address_is_called(
    lead: Lead, tmp_path: Path
) -> None:
    above, key = certificates.make_root("Gốc", now=clock.now()), jose.generate_key()
    leaf = certificates.credential_certificate(
        above, key, name="Nơi cấp", organization="Nơi cấp", host=NAME, now=clock.now()
    )
    (tmp_path / "leaf.pem").write_bytes(certificates.to_pem(leaf) + jose.key_to_pem(key))
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(tmp_path / "leaf.pem")
    named: list[str | None] = []
    serving.sni_callback = lambda _socket, name, _context: named.append(name)
    trusting = ssl.create_default_context(cadata=certificates.to_pem(above.certificate).decode())
    lead("127.0.0.1")
    inner = _Server()
    served = await asyncio.start_server(inner.answer, "127.0.0.1", 0, ssl=serving)
    url = f"https://{NAME}:{served.sockets[0].getsockname()[1]}/"
    reach = Reach(read_networks(["127.0.0.0/8"]))
    async with served:
        with http.waiting_client(reach, trusting) as client:
            answer = await to_thread.run_sync(client.get, url)
    assert (answer.status_code, named) == (302, [NAME])


def test_a_thread_is_refused_as_well(lead: Lead) -> None:
    lead("10.1.2.3")
    client = http.waiting_client(Reach(), ssl.create_default_context())
    with client, pytest.raises(httpx2.ConnectError, match="inner address"):
        client.get(f"https://{NAME}/")


def test_the_hosts_of_the_installation_lie_where_its_own_resolver_says() -> None:
    reach = Reach(home="motcua.example.vn", port=443)
    assert reach.checked("quang-ninh.motcua.example.vn", 443, ["10.0.0.2"]) == ["10.0.0.2"]
    for host, port in [("quang-ninh.motcua.example.vn", 6379), ("xmotcua.example.vn", 443)]:
        with pytest.raises(OutOfReachError):
            reach.checked(host, port, ["10.0.0.2"])
    with pytest.raises(OutOfReachError, match="no address"):
        Reach().checked(NAME, 443, [])


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::1", "::ffff:93.184.215.14"])
def test_public_addresses_may_be_asked(address: str) -> None:
    assert Reach().checked(NAME, 443, [address])


@pytest.mark.parametrize(
    ("host", "public"),
    [
        ("issuer.example.org", True),
        ("localhost", False),
        ("db", False),
        ("db.internal", False),
        ("printer.LOCAL", False),
        ("10.0.0.1", False),
        ("0x7f.1", False),
        ("fe80::1", False),
    ],
)
def test_names_of_the_world_are_told_from_those_inside(host: str, public: bool) -> None:
    assert is_public_name(host) is public


def test_an_operator_names_inner_networks_in_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MOTCUA_DATABASE_URL", "postgresql://x")
    monkeypatch.setenv("MOTCUA_SECRET_KEY", "00" * 32)
    monkeypatch.setenv("MOTCUA_BASE_URL", "https://motcua.example.vn")
    monkeypatch.setenv("MOTCUA_INNER_NETWORKS", "10.20.0.0/16 fd12::/16")
    reach = from_environment().reach
    assert (reach.home, reach.port, reach.here) == ("motcua.example.vn", 443, False)
    assert reach.checked(NAME, 443, ["10.20.1.1", "fd12::1"]) == ["10.20.1.1", "fd12::1"]
    monkeypatch.setenv("MOTCUA_INNER_NETWORKS", "10.20.0.1/16")
    with pytest.raises(ValueError, match="MOTCUA_INNER_NETWORKS"):
        from_environment()


def test_a_demo_asks_this_machine(tmp_path: Path) -> None:
    demo = Settings("", "", "", "", b"k" * 32, tmp_path, tmp_path)
    assert (demo.reach.here, demo.reach.port) == (True, 8000)
