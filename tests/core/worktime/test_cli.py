"""``motcua calendar``: what it prints is a calendar, and what it compares it says."""

import tomllib
from pathlib import Path

from click.testing import CliRunner

from motcua.cli_calendar import calendar
from motcua.worktime import Calendar
from tests.core.worktime.samples import TENANTS


def run(*arguments: object) -> str:
    done = CliRunner().invoke(calendar, [str(a) for a in arguments])
    assert done.exit_code == 0, done.output
    return done.output


def test_a_seeded_calendar_can_be_loaded_and_agrees_with_the_shipped_one(tmp_path: Path) -> None:
    text = run("seed", "--year", 2025, "--until", 2027)
    assert Calendar.from_data(tomllib.loads(text)).version == "2025-2027.1"
    made = tmp_path / "calendar.toml"
    made.write_text(text, encoding="utf-8")
    shipped = TENANTS / "quang-ninh" / "calendar.toml"
    assert "The calendars agree." in run("diff", made, shipped)
    assert "2026-04-27" in run("diff", "--names", made, shipped)


def test_corrections_of_ones_own_are_added_to_the_shipped_ones(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("[[swaps]]\noff = 2026-06-05\nworking = 2026-06-13\n", encoding="utf-8")
    text = run("seed", "--year", 2026, "--corrections", own)
    days = {row["date"].isoformat() for row in tomllib.loads(text)["working"]}
    assert days == {"2026-01-10", "2026-06-13", "2026-08-22"}
