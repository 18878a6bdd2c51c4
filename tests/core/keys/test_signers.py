"""Keys that lie elsewhere sign as those in the vault do: in a hardware module, behind a service."""

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from motcua import clock
from motcua.errors import Unavailable
from motcua.events.log import SYSTEM
from motcua.keys import report, root, rotation
from motcua.keys.signers.base import holds
from motcua.keys.signers.pkcs11 import Pkcs11Store
from motcua.keys.signers.remote import RemoteStore
from motcua.platform import Platform
from motcua.tenancy.tenant import Tenant
from motcua.wallet import certificates, issuing, jose, shards
from tests.conftest import NewTenant
from tests.core.keys.conftest import Keyring, NewKeyring
from tests.core.keys.signing_service import Service, serving
from tests.core.wallet.archive import Archive

pytestmark = pytest.mark.anyio
_MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so")
_MODULE = next((path for path in _MODULES if Path(path).exists()), "")
_TOOL = shutil.which("softhsm2-util")
needs_module = pytest.mark.skipif(
    not (_MODULE and _TOOL and importlib.util.find_spec("pkcs11")),
    reason="needs SoftHSM (Debian: softhsm2) and the package python-pkcs11",
)


@pytest.fixture(scope="session")
def module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Make a token in a software module; one for the run: a process loads a module once."""
    folder = tmp_path_factory.mktemp("hsm")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\n")
    (folder / "pin").write_text("1234\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    words = ["--init-token", "--free", "--label", "motcua", "--pin", "1234", "--so-pin", "5678"]
    subprocess.run([str(_TOOL), *words], check=True, capture_output=True)
    yield {"module": _MODULE, "token": "motcua", "pin_file": str(folder / "pin")}
    del os.environ["SOFTHSM2_CONF"]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[tuple[Service, dict[str, Any]]]:
    above, key = certificates.make_root("Gốc của dịch vụ", now=clock.now()), jose.generate_key()
    leaf = certificates.credential_certificate(
        above, key, name="Dịch vụ ký", organization="Dịch vụ ký", host="localhost", now=clock.now()
    )
    # The same certificate on both sides: it says neither server nor client, so it may be either.
    (tmp_path / "ca.pem").write_bytes(certificates.to_pem(above.certificate))
    (tmp_path / "both.pem").write_bytes(certificates.to_pem(leaf))
    (tmp_path / "key.pem").write_bytes(jose.key_to_pem(key))
    files = [tmp_path / name for name in ("both.pem", "key.pem", "ca.pem")]
    with serving(files[0], files[1], files[2]) as served:
        (tmp_path / "token").write_text(served.token)
        yield (
            served,
            {
                "url": served.url,
                "token_file": str(tmp_path / "token"),
                "ca": str(files[2]),
                "certificate": str(files[0]),
                "key": str(files[1]),
            },
        )


@needs_module
def test_a_module_makes_a_key_that_signs_and_never_leaves(module: dict[str, Any]) -> None:
    import pkcs11

    place = Pkcs11Store(module)
    made = place.make("motcua thử")
    signature = place.sign(made.reference, b"tin")
    assert holds(made.public.public_key, b"tin", signature)
    assert not holds(made.public.public_key, b"khac", signature)
    token = pkcs11.lib(module["module"]).get_token(token_label="motcua")
    with token.open() as session:  # the process is logged in
        key = session.get_key(pkcs11.ObjectClass.PRIVATE_KEY, id=bytes.fromhex(made.reference))
        assert key[pkcs11.Attribute.SENSITIVE]
        assert not key[pkcs11.Attribute.EXTRACTABLE]
        with pytest.raises(pkcs11.PKCS11Error):
            key[pkcs11.Attribute.VALUE]


@needs_module
def test_a_second_process_finds_the_key_again(module: dict[str, Any]) -> None:
    made = Pkcs11Store(module).make("motcua thử")
    again = Pkcs11Store(module)
    assert holds(made.public.public_key, b"tin", again.sign(made.reference, b"tin"))


@needs_module
@pytest.mark.parametrize("wrong", [{"token": "none"}, {"pin_file": "/nowhere"}])
def test_a_module_that_does_not_sign_says_why(
    module: dict[str, Any], wrong: dict[str, str]
) -> None:
    with pytest.raises(Unavailable, match="does not sign"):
        Pkcs11Store({**module, **wrong}).make("x")


@needs_module
def test_a_key_that_is_not_in_the_module_is_refused(module: dict[str, Any]) -> None:
    with pytest.raises(Unavailable, match="NoSuchKey"):
        Pkcs11Store(module).sign("00" * 16, b"tin")


def _elsewhere(ring: Keyring, kind: str, settings: dict[str, Any]) -> Keyring:
    said = {"keys": {"signer": kind, kind: settings}}
    return replace(ring, tenant=replace(ring.tenant, settings=said))


@needs_module
async def test_a_tenant_moves_its_keys_into_a_module_and_back(
    new_keyring: NewKeyring, platform: Platform, module: dict[str, Any]
) -> None:
    ring = await new_keyring()
    there = _elsewhere(ring, "pkcs11", module)
    async with platform.works.begin(there.tenant, SYSTEM) as work:
        made = await rotation.rotate(work, "credential")
    assert (made.signer, made.private_sealed) == ("pkcs11", None)
    signer = await there.signer("credential")
    assert (signer.kid, signer.waits) == (made.kid, True)
    token = await signer.run(lambda: jose.sign({"a": 1}, signer.key, typ="x", x5c=signer.x5c))
    anchor = root.load_or_make(platform.settings, clock.now()).certificate
    leaf = certificates.check_chain(signer.chain, roots=[anchor], now=clock.now())
    assert jose.verify(token, certificates.key_of(leaf), typ="x").payload == {"a": 1}
    back = replace(there, tenant=replace(there.tenant, settings={"keys": {"pkcs11": module}}))
    async with platform.works.begin(back.tenant, SYSTEM) as work:
        await rotation.rotate(work, "credential")
    assert not (await back.signer("credential")).waits


async def test_a_service_makes_keys_and_signs_with_them(
    new_tenant: NewTenant, platform: Platform, service: tuple[Service, dict[str, Any]]
) -> None:
    served, settings = service
    ring = _elsewhere(Keyring(platform, await new_tenant()), "remote", settings)
    await ring.make()
    assert [row.signer for row in await ring.rows()] == ["sealed", "remote", "remote"]
    signer = await ring.signer("document")
    public = certificates.key_of(signer.chain[0]).public_key
    assert holds(public, b"tin", await signer.sign(b"tin"))
    assert served.signed == 1
    (one, other) = await report.probe(ring.tenant, await ring.rows(), clock.now())
    assert one.ok
    assert other.ok
    served.fault = "broken"
    assert not (await report.probe(ring.tenant, await ring.rows(), clock.now()))[0].ok


@pytest.mark.parametrize(
    ("fault", "said"), [("broken", "500"), ("other data", "signature"), ("gone", "Connect")]
)
async def test_a_service_that_fails_is_told_from_one_that_signs(
    new_tenant: NewTenant,
    platform: Platform,
    service: tuple[Service, dict[str, Any]],
    fault: str,
    said: str,
) -> None:
    served, settings = service
    ring = _elsewhere(Keyring(platform, await new_tenant()), "remote", settings)
    await ring.make()
    served.fault = fault
    if fault == "gone":
        there = {**settings, "url": "https://localhost:1/v1"}
        ring = _elsewhere(ring, "remote", there)
    signer = await ring.signer("document")
    with pytest.raises(Unavailable, match=said) as refused:
        await signer.sign(b"tin")
    assert refused.value.status == 503


@pytest.mark.parametrize(("fault", "said"), [("drips", "takes too long"), ("endless", "too long")])
async def test_a_service_that_does_not_come_to_an_end_holds_nobody_up(
    service: tuple[Service, dict[str, Any]], fault: str, said: str
) -> None:
    served, settings = service
    store = RemoteStore({**settings, "timeout_seconds": 0.5})
    made = store.make("x")
    served.fault = fault
    with pytest.raises(Unavailable, match=said):
        store.sign(made.reference, b"tin")


async def test_a_batch_is_signed_by_several_at_a_time_and_comes_back_in_its_order(
    new_tenant: NewTenant, platform: Platform, service: tuple[Service, dict[str, Any]]
) -> None:
    served, settings = service
    ring = _elsewhere(Keyring(platform, await new_tenant()), "remote", settings)
    await ring.make()
    signer = await ring.signer("credential")
    public = certificates.key_of(signer.chain[0]).public_key
    served.fault = "together"
    texts = [f"bản {n}".encode() for n in range(10)]
    made = await signer.each([partial(signer.key.sign, text) for text in texts])
    assert [holds(public, *pair) for pair in zip(texts, made, strict=True)] == [True] * 10
    assert served.signed == 10


@pytest.mark.parametrize(("fault", "said"), [("silent", "10 signatures"), ("broken", "500")])
async def test_a_batch_that_is_not_signed_in_time_is_refused_and_changes_nothing(
    archive: Archive,
    quang_ninh: Tenant,
    service: tuple[Service, dict[str, Any]],
    fault: str,
    said: str,
) -> None:
    served, settings = service
    platform, ready = archive.platform, await archive.result(quang_ninh)
    told = {"signer": "remote", "remote": settings, "signing_seconds": 0.5}
    there = replace(quang_ninh, settings={**quang_ninh.settings, "keys": told})
    holders = [jose.public_jwk(jose.generate_key()) for _ in range(10)]
    with pytest.raises(Unavailable, match=said):
        async with (
            shards.lent(platform, there, 10) as places,
            platform.works.begin(there, SYSTEM) as work,
        ):
            await rotation.rotate(work, "credential")
            served.fault = fault
            await issuing.copies(platform, work, ready.id, holders, places)
    issued = "select count(*) from credential where result_id = $1"
    assert await archive.one(quang_ninh, issued, ready.id) == 0
    assert "credential.issued" not in await archive.events(quang_ninh, ready.trace)


@pytest.mark.parametrize("lacking", ["certificate", "token_file", "ca"])
def test_a_service_lets_nobody_in_without_certificate_and_token_and_we_check_its_own(
    service: tuple[Service, dict[str, Any]], lacking: str
) -> None:
    _, settings = service
    told = {
        k: v for k, v in settings.items() if k != lacking and (lacking, k) != ("certificate", "key")
    }
    with pytest.raises(Unavailable):
        RemoteStore(told).make("x")


async def test_nothing_is_lost_when_the_device_is_away_while_a_key_is_made(
    new_keyring: NewKeyring, platform: Platform
) -> None:
    ring = await new_keyring()
    settings = {"url": "https://localhost:1/v1"}
    there = _elsewhere(ring, "remote", settings)
    before = await ring.signer("credential")
    with pytest.raises(Unavailable):
        async with platform.works.begin(there.tenant, SYSTEM) as work:
            await rotation.rotate(work, "credential")
    assert (await ring.signer("credential")).kid == before.kid
