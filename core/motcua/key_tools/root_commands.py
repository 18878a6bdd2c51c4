"""``motcua keys root`` and ``motcua keys ca``: what needs the root, and keeping it away from here."""

from pathlib import Path
from typing import Any

import click

from motcua.key_tools.running import (
    FILE,
    JSON,
    PASSPHRASE,
    passphrase_of,
    run,
    say,
)
from motcua.opening import DATA, operator, settings_of


@click.group()
def root() -> None:
    """Look after the platform's root: the one certificate that all others lead to.

    Its key is needed only when a tenant gets an authority. Between times it belongs off this machine.
    """


@root.command()
@JSON
@DATA
def show(data: Path, *, as_json: bool) -> None:
    """Say where the root is, its fingerprint, its end, and whether its key lies on this machine."""
    with settings_of(data) as settings:
        said = _standing(settings)
    say(said, _told, as_json=as_json)


@root.command("make")
@JSON
@DATA
def make_root(data: Path, *, as_json: bool) -> None:
    """Make the root of a new installation; does nothing when there is one."""
    from motcua import clock
    from motcua.keys import root as roots

    with settings_of(data) as settings:
        if roots.standing(settings) is None:
            roots.load_or_make(settings, clock.now())
        said = _standing(settings)
    say(said, _told, as_json=as_json)


@root.command()
@click.argument("file", type=FILE)
@DATA
def export(file: Path, data: Path) -> None:
    """Copy the root's certificate to FILE, to be given to whoever checks papers. It is no secret."""
    from motcua.keys import root as roots

    with settings_of(data) as settings:
        found = roots.standing(settings)
        if found is None:
            raise ValueError("there is no root yet: motcua keys root make")
        file.write_bytes(found.file.read_bytes())
    click.echo(f"{file}: SHA-256 fingerprint {found.fingerprint}")


@root.command("take-away")
@click.argument("file", type=FILE)
@PASSPHRASE
@DATA
def take_away(file: Path, passphrase_file: Path | None, data: Path) -> None:
    """Move the root's key from this machine to FILE (a stick), encrypted with a passphrase of yours.

    It is read again from FILE before it is deleted here, and the root signs its list of revoked certificates
    once more, for a year. Keep a second copy of FILE in another place.
    """
    import asyncio

    from motcua.keys import root as roots

    phrase = passphrase_of(passphrase_file, confirm=True)
    with settings_of(data) as settings:
        if roots.key_file(settings).exists():
            asyncio.run(_last_list(settings))
        roots.take_away(settings, file, phrase)
        gone = roots.key_file(settings)
    click.echo(f"the root key is in {file} and no longer at {gone}; keep it off line")


@root.command("bring-back")
@click.argument("file", type=FILE)
@PASSPHRASE
@DATA
def bring_back(file: Path, passphrase_file: Path | None, data: Path) -> None:
    """Put the root's key from FILE back on this machine. `motcua keys ca --root-key FILE` needs no such thing."""
    from motcua.keys import root as roots

    phrase = passphrase_of(passphrase_file)
    with settings_of(data) as settings:
        roots.bring_back(settings, file, phrase)
    click.echo("the root key is on this machine: take it away again when you are done")


@click.command("ca")
@click.argument("slug")
@click.option(
    "--root-key", type=FILE, help="The file of `root take-away`; it is read and not kept."
)
@PASSPHRASE
@click.option(
    "--anew", is_flag=True, help="Make another one though the present one holds for long."
)
@JSON
@DATA
def authority(
    slug: str,
    root_key: Path | None,
    passphrase_file: Path | None,
    data: Path,
    *,
    anew: bool,
    as_json: bool,
) -> None:
    """Give tenant SLUG a new authority, certified by the root, and let it certify the keys to come.

    Needed for a new tenant, some years later, and after an authority was revoked. Old keys stay valid.
    """
    import contextlib

    from motcua import clock
    from motcua.keys import making, report, rotation, store
    from motcua.keys import root as roots

    async def act(platform: Any, tenant: Any) -> dict[str, Any]:
        async with platform.works.begin(tenant, operator()) as work:
            await store.lock(work.tx)
            before = await store.current(work.tx, store.AUTHORITY, work.now)
            if before and not anew and rotation.lasts(before, tenant.host, work.now):
                return {"tenant": slug, "made": [], "until": before.not_after.isoformat()}
            with contextlib.ExitStack() as stack:
                above = (
                    stack.enter_context(roots.lent(platform.settings, root_key, phrase))
                    if root_key
                    else roots.load_or_make(platform.settings, clock.now())
                )
                url = platform.settings.public_url_of(slug)
                made = await making.make_authority(work.tx, work.vault, above, work.now, url)
            rotation.note_made(work, made)
            return {"tenant": slug, "made": [report.described(made, work.now)]}

    phrase = passphrase_of(passphrase_file) if root_key else ""
    run(data, slug, act, _authority_told, as_json=as_json)


async def _last_list(settings: Any) -> None:
    """Let the root sign its list of revoked certificates before it is gone."""
    from motcua import clock
    from motcua.app import open_platform
    from motcua.keys import crls
    from motcua.plugins.manager import Plugins

    plugins = Plugins.discover(settings.blocked_plugins)
    async with open_platform(settings, plugins) as platform:
        await platform.directory.refresh(force=True)
        await crls.renew_root(platform, clock.now())


def _authority_told(said: dict[str, Any]) -> str:
    if not said["made"]:
        return (
            f"nothing to do: the authority holds until {said['until'][:10]} (--anew makes another)"
        )
    made = said["made"][0]
    return f"authority {made['kid']} until {made['until'][:10]}; next: motcua keys make {said['tenant']}"


def _standing(settings: Any) -> dict[str, Any]:
    from motcua.keys import root as roots

    found = roots.standing(settings)
    if found is None:
        return {"certificate": None, "key": None}
    return {
        "certificate": str(found.file),
        "fingerprint": found.fingerprint,
        "until": found.certificate.not_valid_after_utc.isoformat(),
        "key": str(roots.key_file(settings)) if found.key_here else None,
    }


def _told(said: dict[str, Any]) -> str:
    if said["certificate"] is None:
        return "there is no root yet: motcua keys root make (or copy root.pem from the first node)"
    key = (
        f"on this machine ({said['key']}): motcua keys root take-away FILE"
        if said["key"]
        else "not on this machine, as it should be"
    )
    return (
        f"certificate  {said['certificate']}, until {said['until'][:10]}\n"
        f"fingerprint  {said['fingerprint']} (SHA-256)\nkey          {key}"
    )
