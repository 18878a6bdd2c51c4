"""``motcua procedure``: write, check, try out, read and compare procedure packages."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import click

from motcua.catalogue.words import pick
from motcua.errors import Problem

_SOME = click.Path(path_type=Path, exists=True)
_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False)
_MANY = 3


@click.group()
def procedure() -> None:
    """Write procedures: packages that are data, with their own tests.

    \b
    motcua procedure new 1.900001     make a package to begin with
    motcua procedure lint 1.900001    say what is wrong or doubtful
    motcua procedure test 1.900001    play its scenarios
    motcua procedure show 1.900001    tell it as a clerk would want to know it
    motcua procedure diff OLD NEW     say in words what changed

    Add --lang en for English. docs/plugins/procedure-in-an-hour.md leads through all of it.
    """


def _lang(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command ``--lang``, and say its refusals in that language in one line, exit code 2."""

    @click.option(
        "--lang",
        type=click.Choice(["vi", "en"]),
        default="vi",
        show_default=True,
        help="Language of what is printed.",
    )
    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except Problem as refusal:
            click.echo(f"motcua: {pick(kwargs['lang'], refusal.vi, refusal.en)}", err=True)
            sys.exit(2)

    return wrapped


@procedure.command(short_help="Make a package to begin with.")
@click.argument("code")
@click.option(
    "--dir",
    "parent",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Where the folder CODE is made; here unless given.",
)
@click.option(
    "--from-steps",
    "steps",
    is_flag=True,
    help="Write the way as a list of steps in procedure.toml; without it, as a drawing (process.bpmn).",
)
@_lang
def new(code: str, parent: Path, steps: bool, lang: str) -> None:
    """Make a package for the procedure CODE (such as 1.900001), with guiding comments in Vietnamese."""
    from motcua.procedure_tools.new import make

    folder = make(code, parent, steps=steps)
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        click.echo(f"  {path}")
    say = pick(lang, "Tiếp theo: sửa các tệp trên, rồi chạy", "Next: edit these files, then run")
    click.echo(f"{say}\n  motcua procedure lint {folder}\n  motcua procedure test {folder}")


@procedure.command(short_help="Say what is wrong or doubtful, and what to do.")
@click.argument("paths", type=_SOME, nargs=-1, required=True)
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
@click.option("--no-templates", is_flag=True, help="Do not set the templates (quicker).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_lang
def lint(paths: Sequence[Path], strict: bool, no_templates: bool, as_json: bool, lang: str) -> None:
    """Say what is wrong or doubtful in the packages at and below PATHS, and what to do.

    Errors keep a package from being published; then the exit code is 1.
    """
    from motcua.procedure_tools.finding import packages_below
    from motcua.procedure_tools.linting import installed_handlers, lint_all

    folders = packages_below(paths)
    handlers = installed_handlers()
    counts: dict[str, int] = {}
    reports = []
    for folder in _each(folders, lang):
        found = lint_all(folder, handlers=handlers, templates=not no_templates)
        reports.append({"package": str(folder), "findings": [f.to_data() for f in found]})
        for finding in found:
            counts[finding.severity] = counts.get(finding.severity, 0) + 1
        if not as_json:
            click.echo(f"{folder}")
            for finding in found:
                click.echo(f"  {finding.text(lang)}")
    failed = bool(counts.get("error") or (strict and counts.get("warning")))
    if as_json:
        click.echo(json.dumps(reports, ensure_ascii=False, indent=1))
    else:
        click.echo(_counted(len(folders), counts, lang))
    sys.exit(1 if failed else 0)


def _counted(packages: int, counts: dict[str, int], lang: str) -> str:
    errors, warnings, notes = (counts.get(s, 0) for s in ("error", "warning", "note"))
    return pick(
        lang,
        f"{packages} gói: {errors} lỗi, {warnings} cảnh báo, {notes} ghi chú",
        f"{packages} package(s): {errors} error(s), {warnings} warning(s), {notes} note(s)",
    )


@procedure.command(short_help="Play the scenarios of packages.")
@click.argument("paths", type=_SOME, nargs=-1, required=True)
@click.option("--scenario", "only", default="", help="Play only the scenario of this key.")
@click.option(
    "--picture",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write an SVG of each scenario's way into this folder.",
)
@click.option("--quiet", is_flag=True, help="Print no traces, only verdicts and differences.")
@_lang
def test(paths: Sequence[Path], only: str, picture: Path | None, quiet: bool, lang: str) -> None:
    """Play the scenarios of the packages at and below PATHS, without a server.

    Prints each trace with the working time since acceptance (+hours:minutes); the exit code is 1 when
    something came out otherwise than expected, or when a package has no scenario
    or cannot be read.
    """
    from motcua.procedure_tools.finding import packages_below
    from motcua.procedure_tools.testing import Tally, report

    folders = packages_below(paths)
    tally = Tally()
    for folder in _each(folders, lang):
        for line in report(folder, tally, lang, only=only, trace=not quiet, picture=picture):
            click.echo(line)
    click.echo(tally.text(len(folders), lang))
    if only and not tally.played:
        click.echo(pick(lang, f"Không có ví dụ '{only}'", f"No scenario {only!r}"), err=True)
        sys.exit(2)
    sys.exit(1 if tally.wrong or tally.unusable else 0)


@procedure.command(short_help="Tell a package in words; save its process.")
@click.argument("path", type=_FOLDER)
@click.option(
    "--case", "case_id", default="", help="The case whose process is saved; else the first."
)
@click.option("--bpmn", type=_FILE, help="Save the process as BPMN 2.0, which modellers open.")
@click.option("--svg", type=_FILE, help="Save a picture of the process.")
@_lang
def show(path: Path, case_id: str, bpmn: Path | None, svg: Path | None, lang: str) -> None:
    """Tell what a clerk would want to know of the package at PATH: cases, limit, fee, papers, steps."""
    from motcua.catalogue.packages import load_package
    from motcua.procedure_tools.show import chosen_case
    from motcua.procedure_tools.show import show as lines
    from motcua.process.picture import svg as picture

    package = load_package(path)
    case = chosen_case(package, case_id)
    if bpmn:
        bpmn.write_bytes(package.bpmn(case.id))
        click.echo(f"{pick(lang, 'Đã lưu', 'Saved')} {bpmn}")
    if svg:
        drawn = picture(
            package.bpmn(case.id),
            lang="en" if lang == "en" else "vi",
            library=package.library(case.id),
        )
        svg.write_text(drawn, encoding="utf-8")
        click.echo(f"{pick(lang, 'Đã lưu', 'Saved')} {svg}")
    if not bpmn and not svg:
        for line in lines(package, lang):
            click.echo(line)


@procedure.command(short_help="Say in words what changed.")
@click.argument("old", type=_FOLDER)
@click.argument("new", type=_FOLDER)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_lang
def diff(old: Path, new: Path, as_json: bool, lang: str) -> None:
    """Say in words what changed from the package at OLD to the one at NEW, for whoever has to approve it."""
    from motcua.catalogue.packages import load_package
    from motcua.procedure_tools.diff import diff as differences
    from motcua.procedure_tools.diff import report

    before, after = load_package(old), load_package(new)
    found = differences(before, after)
    if as_json:
        told = [change.to_data() for change in found]
        click.echo(json.dumps(told, ensure_ascii=False, indent=1, default=str))
        return
    if before.code != after.code:
        click.echo(
            pick(
                lang,
                f"Lưu ý: hai thủ tục khác nhau, {before.code} và {after.code}",
                f"Note: two different procedures, {before.code} and {after.code}",
            )
        )
    for line in report(found, lang):
        click.echo(line)
    if not found:
        click.echo(pick(lang, "Không có gì thay đổi", "Nothing changed"))


def _each(folders: Sequence[Path], lang: str) -> Iterator[Path]:
    """Yield the folders; of many, say on the error stream how far it is."""
    for number, folder in enumerate(folders, 1):
        if len(folders) > _MANY:
            word = pick(lang, "gói", "package")
            click.echo(f"[{number}/{len(folders)}] {word} {folder.name}", err=True)
        yield folder
