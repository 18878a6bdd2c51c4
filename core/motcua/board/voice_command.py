"""The command that gives the boards a voice."""

from pathlib import Path

import click


@click.command("board-voice")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="The folder for the clips; without it the installation's own, MOTCUA_DATA/voice.",
)
@click.option("--voice", default="vi", show_default=True, help="A voice of espeak-ng.")
def board_voice(out: Path | None, voice: str) -> None:
    """Make the sound clips of the boards' announcements with espeak-ng."""
    from motcua.board.voice import common_folder
    from motcua.board.voice_maker import make
    from motcua.settings import data_folder

    folder = out or common_folder(data_folder())
    click.echo(f"{make(folder, voice)} clips in {folder}")
