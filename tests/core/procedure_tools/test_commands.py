"""``motcua procedure`` as it is typed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from motcua import cli
from motcua.catalogue.lint_process import CORE_HANDLERS
from motcua.process import lint
from motcua.rooms import SERVICE_TASKS

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "plugins/certification/motcua_certification/procedures/2.000908"
ALLOWANCE = ROOT / "plugins/social-protection/motcua_social_protection/procedures/1.001776"


def _typed(*words: object) -> Result:
    return CliRunner().invoke(cli.main, ["procedure", *map(str, words)])


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Make a new package, drawn."""
    assert _typed("new", "1.900009", "--dir", tmp_path).exit_code == 0
    return tmp_path / "1.900009"


@pytest.mark.parametrize("way", [[], ["--from-steps"]])
def test_a_new_package_lints_and_tests_green(way: list[str], tmp_path: Path) -> None:
    said = _typed("new", "1.900009", "--dir", tmp_path, *way)
    assert said.exit_code == 0
    assert "motcua procedure lint" in said.output
    folder = tmp_path / "1.900009"
    assert (folder / "process.bpmn").exists() is (not way)
    linted = _typed("lint", folder, "--strict")
    assert (linted.exit_code, linted.output.splitlines()[-1]) == (
        0,
        "1 gói: 0 lỗi, 0 cảnh báo, 1 ghi chú",
    )
    tested = _typed("test", folder)
    assert tested.exit_code == 0
    assert "4/4 ví dụ đạt" in tested.output


def test_a_new_package_explains_itself_in_vietnamese(made: Path) -> None:
    for name in ("procedure.toml", "form.toml", "scenarios/cap-lan-dau.toml"):
        text = (made / name).read_text(encoding="utf-8")
        assert "# " in text
        assert "{{" not in text
    assert "<!-- Quy trình" in (made / "process.bpmn").read_text(encoding="utf-8")


def test_nothing_is_made_over_what_is_there(made: Path) -> None:
    said = _typed("new", "1.900009", "--dir", made.parent, "--lang", "en")
    assert said.exit_code == 2
    assert "is there already" in said.output
    assert "--dir" in said.output


def test_a_code_that_is_none_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    said = _typed("new", "dang-ky", "--dir", tmp_path)
    assert said.exit_code == 2
    assert "1.001193" in said.output
    assert list(tmp_path.iterdir()) == []


def test_an_error_fails_the_linter_and_says_what_to_do(made: Path) -> None:
    process = made / "process.bpmn"
    text = process.read_text(encoding="utf-8").replace('mc:role="leader"', 'mc:role="boss"')
    process.write_text(text, encoding="utf-8")
    said = _typed("lint", made, "--lang", "en")
    assert said.exit_code == 1
    assert (
        "ERROR  process.bpmn: approve (Ký duyệt): there is no role 'boss' → use one of"
        in said.output
    )
    told = json.loads(_typed("lint", made, "--json").output)
    (finding,) = [f for f in told[0]["findings"] if f["severity"] == "error"]
    assert finding["place"] == "approve"


def test_a_warning_fails_only_when_it_is_to_be_strict(made: Path) -> None:
    (made / "scenarios/tu-choi.toml").unlink()
    (made / "scenarios/cap-lai.toml").unlink()
    assert _typed("lint", made).exit_code == 0
    assert _typed("lint", made, "--strict").exit_code == 1


def test_a_failing_scenario_says_what_differs_and_fails(made: Path) -> None:
    path = made / "scenarios/cap-lan-dau.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("fee = 0", "fee = 5"), encoding="utf-8"
    )
    said = _typed("test", made, "--quiet")
    assert said.exit_code == 1
    assert "  SAI  cap-lan-dau" in said.output
    assert "    ≠ fee (lệ phí): cần 5, ra 0" in said.output
    assert _typed("test", made, "--scenario", "tu-choi").exit_code == 0
    assert _typed("test", made, "--scenario", "nowhere").exit_code == 2


def test_a_package_without_scenarios_fails(made: Path) -> None:
    for path in (made / "scenarios").iterdir():
        path.unlink()
    assert _typed("test", made).exit_code == 1
    assert _typed("lint", made).exit_code == 1


def test_a_trace_has_one_line_for_each_step_with_the_working_time() -> None:
    said = _typed("test", PACKAGE, "--scenario", "own-disability", "--lang", "en")
    assert said.exit_code == 0
    lines = [line.strip() for line in said.output.splitlines()]
    assert (
        "+  3:00  13:30 02/03/2026  Look up the register, appraise, draft the copy [appraise], specialist: ok"
        in lines
    )
    assert "1 of 1 scenarios hold, 1 package(s)" in lines


def test_a_picture_is_written_for_each_scenario_that_runs(tmp_path: Path) -> None:
    said = _typed("test", PACKAGE, "--picture", tmp_path / "pictures", "--quiet")
    assert said.exit_code == 0
    names = sorted(path.name for path in (tmp_path / "pictures").iterdir())
    assert names == ["2.000908-childs-birth.svg", "2.000908-own-disability.svg"]
    assert "<svg" in (tmp_path / "pictures" / names[0]).read_text(encoding="utf-8")


def test_of_many_packages_it_says_how_far_it_is() -> None:
    few = _typed("lint", ALLOWANCE, PACKAGE, ALLOWANCE, "--no-templates")
    assert few.exit_code == 0
    assert "2 gói" in few.output  # the same folder twice is one
    assert "[1/" not in few.output
    many = _typed("lint", ROOT / "plugins/civil-status", "--no-templates")
    assert "[1/11]" in many.output


def test_a_place_without_packages_says_what_to_do(tmp_path: Path) -> None:
    said = _typed("test", tmp_path, "--lang", "en")
    assert said.exit_code == 2
    assert "motcua procedure new CODE" in said.output


def test_a_broken_package_is_refused_in_one_line(made: Path) -> None:
    (made / "form.toml").write_text("pages = 3", encoding="utf-8")
    for command in (["show", made], ["diff", made, PACKAGE]):
        said = _typed(*command)
        assert said.exit_code == 2
        assert "form.toml" in said.output
    many = _typed("test", made, PACKAGE, "--quiet")
    assert many.exit_code == 1
    assert "form.toml" in many.output
    assert "3/3 ví dụ đạt, 2 gói" in many.output


def test_the_linter_knows_the_handlers_of_the_core() -> None:
    assert CORE_HANDLERS.keys() == SERVICE_TASKS.keys()


def test_show_tells_what_a_clerk_wants_to_know() -> None:
    said = _typed("show", ALLOWANCE).output
    for part in (
        "1.001776  Thực hiện, điều chỉnh, thôi hưởng trợ cấp xã hội hằng tháng",
        "Thời hạn: 10 ngày làm việc",
        "Lệ phí: Không thu (dữ liệu mẫu)",
        '  - Giấy tờ chứng minh thay đổi (bản sao) — khi request in ["change", "stop"]',
        "thay bằng register-copy",
        "1. Phân công thụ lý [assign] — Trưởng phòng; 2 giờ làm việc",
        "Kết quả: Quyết định trợ cấp xã hội hằng tháng",
        "  stop: Thôi hưởng",
    ):
        assert part in said
    english = _typed("show", ALLOWANCE, "--lang", "en").output
    assert '   → outcome = "supplement": 3. Waiting for the citizen\'s supplement' in english
    assert "the statutory clock stands still" in english


def test_show_saves_a_file_that_modellers_open_and_a_picture(tmp_path: Path) -> None:
    drawing, picture = tmp_path / "way.bpmn", tmp_path / "way.svg"
    assert _typed("show", PACKAGE, "--bpmn", drawing, "--svg", picture).exit_code == 0
    assert lint(drawing.read_bytes()) == ()
    assert b"BPMNDiagram" in drawing.read_bytes()
    assert "<svg" in picture.read_text(encoding="utf-8")
    said = _typed("show", PACKAGE, "--case", "none", "--lang", "en")
    assert said.exit_code == 2
    assert "it has: default" in said.output


def test_help_says_what_each_command_is_for() -> None:
    said = _typed("--help").output
    for name in ("new", "lint", "test", "show", "diff"):
        assert f"motcua procedure {name}" in said
        assert "--lang" in _typed(name, "--help").output


@pytest.mark.parametrize("command", ["lint", "test"])
def test_what_is_wrong_is_told_in_vietnamese_without_english(command: str, made: Path) -> None:
    file = made / "procedure.toml"
    file.write_text(
        file.read_text(encoding="utf-8").replace('kind = "working_days"', 'kind = "moons"', 1),
        encoding="utf-8",
    )
    said = _typed(command, made)
    assert said.exit_code == 1
    assert "giá trị 'moons' không dùng được; dùng một trong: " in said.output
    assert "working_days" in said.output
    assert "Invalid" not in said.output
    assert "Invalid enum value 'moons'; one of " in _typed(command, made, "--lang", "en").output
