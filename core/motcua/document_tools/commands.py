"""The command group ``motcua document``; each command prints one JSON object."""

import json
from pathlib import Path
from typing import Any

import click

from motcua.key_tools.running import FILE, PASSPHRASE, passphrase_of
from motcua.opening import DATA, TENANT, operator, province, with_platform

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def document() -> None:
    """Check papers, bring documents to level B-LT, renew the root's list of revoked certificates."""


@document.command()
@click.argument("text")
@click.option(
    "--keys", type=_FILE, required=True, help="From /.well-known/motcua-paper-keys of a province."
)
@click.option("--root", type=_FILE, required=True, help="The platform's root certificate, pinned.")
@click.option("--source", required=True, help="The address of that province.")
@click.option("--pdf", type=_FILE, help="A PDF: is it the document of this paper?")
def paper(text: str, keys: Path, root: Path, source: str, pdf: Path | None) -> None:
    """Check the TEXT of a paper's QR code, without a network."""
    from motcua.documents.paper import PaperError, verify_paper
    from motcua.wallet.paper_keys import read_paper_keys

    known = read_paper_keys(keys.read_text(), root=root.read_bytes(), source=source.rstrip("/"))
    try:
        seen = verify_paper(text, keys=known)
    except PaperError as refused:
        _say({"genuine": False, "reason_code": refused.reason_code, "reason": str(refused)})
        raise SystemExit(1) from None
    about = {name: getattr(seen, name) for name in ("number", "title", "unit", "holder", "issuer")}
    moments = {
        "issued_at": seen.issued_at.isoformat(),
        "expires_at": seen.expires_at and seen.expires_at.isoformat(),
    }
    belongs = {} if pdf is None else {"is_the_pdf": seen.covers(pdf.read_bytes())}
    _say({"genuine": True, **about, **moments, "address": seen.address, **belongs})


@document.command()
@TENANT
@click.option("--most", default=1000, show_default=True, help="At most so many at a time.")
@DATA
def seal(data: Path, slug: str, most: int) -> None:
    """Owe a time stamp to results and letters of a tenant that have none yet; the worker brings them."""
    from motcua.dossiers import preserving

    async def owe(platform: Any) -> dict[str, Any]:
        tenant = province(platform, slug)
        async with platform.works.begin(tenant, operator()) as work:
            return {"owed": await preserving.owe(platform, tenant, work, most)}

    _say(with_platform(data, owe))


@document.command()
@click.option(
    "--root-key", type=FILE, help="The file of `keys root take-away`; it is read and not kept."
)
@PASSPHRASE
@DATA
def crl(data: Path, root_key: Path | None, passphrase_file: Path | None) -> None:
    """Renew the root's list of revoked certificates: once a year, and when an authority was revoked.

    Needs the root's key, here or in the file it was taken away to.
    """
    from motcua import clock
    from motcua.keys import crls, root

    async def renew(platform: Any) -> dict[str, Any]:
        if root_key is not None:
            with root.lent(platform.settings, root_key, phrase) as lent:
                await crls.renew_root(platform, clock.now(), authority=lent)
        elif root.available(platform.settings):
            await crls.renew_root(platform, clock.now())
        else:
            raise ValueError(
                "the root key is not on this machine: give --root-key FILE,"
                " the file of `motcua keys root take-away`"
            )
        ends = (clock.now() + crls.ROOT_LIFETIME).isoformat()
        return {"file": str(crls.root_file(platform.settings)), "until": ends}

    phrase = passphrase_of(passphrase_file) if root_key else ""
    _say(with_platform(data, renew))


def _say(found: dict[str, Any]) -> None:
    click.echo(json.dumps(found, ensure_ascii=False))
