"""``motcua procedure move``: carry running dossiers over to another version, after a look that changes nothing."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import click

from motcua.catalogue.words import pick
from motcua.opening import DATA, with_platform


def _pairs(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """Read ``--map old=new``."""
    pairs = dict(text.partition("=")[::2] for text in given)
    if wrong := [old for old, new in pairs.items() if not old or not new]:
        raise click.BadParameter(f"write --map OLD=NEW, not {wrong[0]!r}")
    return pairs


@click.command("move")
@click.argument("code")
@click.option(
    "--tenant", "slug", required=True, help="Short name of the tenant, as in tenant.toml."
)
@click.option("--from", "source", required=True, help="The version that the dossiers follow now.")
@click.option(
    "--to", "target", required=True, help="The version they are to follow; adopted already."
)
@click.option("--map", "mapping", multiple=True, metavar="OLD=NEW", callback=_pairs,
              help="A step (or flow) of the old process and its counterpart; may be repeated.")  # fmt: skip
@click.option("--go", is_flag=True, help="Move them; without it nothing is changed.")
@DATA
@click.option("--lang", type=click.Choice(["vi", "en"]), default="vi", show_default=True)
def move(
    code: str,
    slug: str,
    source: str,
    target: str,
    mapping: dict[str, str],
    go: bool,
    data: Path,
    lang: str,
) -> None:
    """Move running dossiers of a procedure to another version.

    A dossier stays on the version it was submitted under; this moves it on purpose. First without --go: each dossier
    that cannot move is listed, with the reason for every place where it waits. Steps of the same id
    and kind go over by themselves; name the others with --map. With --go each dossier that can move does so
    for itself; what cannot stays as it was. Due dates and timers keep their moments.
    """
    from motcua.dossiers import moving

    plan = moving.Plan(code, source, target, mapping)

    async def run(platform: Any) -> None:
        tenant = platform.directory.by_slug(slug)
        if tenant is None:
            raise ValueError(f"no tenant {slug!r}")
        dossiers = (moving.move if go else moving.examine)(platform, tenant, plan)
        stuck = await _told(dossiers, go, lang)
        sys.exit(1 if stuck else 0)

    with_platform(data, run)


async def _told(dossiers: AsyncIterator[Any], go: bool, lang: str) -> int:
    """Print each dossier that stays, and how many went; returns how many stay."""
    free = stuck = 0
    async for looked in dossiers:
        if not looked.reasons:
            free += 1
            continue
        stuck += 1
        click.echo(looked.code)
        for reason in looked.reasons:
            click.echo(f"  {reason.place}: {pick(lang, reason.vi, reason.en)}")
    if go:
        click.echo(
            pick(lang, f"{free} hồ sơ đã chuyển, {stuck} ở lại", f"{free} moved, {stuck} stay")
        )
    else:
        vi, en = f"{free} hồ sơ chuyển được, {stuck} không", f"{free} can move, {stuck} cannot"
        click.echo(pick(lang, f"{vi}; thêm --go để chuyển", f"{en}; add --go to move them"))
    return stuck
