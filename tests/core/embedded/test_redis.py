"""The embedded Redis: who owns it, and what happens when somebody dies."""

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import redis

from motcua.embedded import Redis, processes, sandbox
from motcua.errors import Unavailable
from tests.core.embedded.conftest import Start

if Redis.find() is None:
    pytest.skip("no Redis on this machine", allow_module_level=True)


def client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, decode_responses=True)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "redis"


def test_a_throwaway_redis_answers_and_leaves_no_trace() -> None:
    with Redis() as one, Redis() as two:
        assert one.url() != two.url()
        with client(one.url()) as line:
            line.set("name", "Đặng")
            assert line.get("name") == "Đặng"
            assert line.config_get("port")["port"] == "0"
            folder = Path(line.config_get("dir")["dir"])
    assert not folder.exists()
    assert not Path(one.url().removeprefix("unix://")).parent.exists()


def test_keys_outlive_a_stop_where_there_is_a_folder(data: Path) -> None:
    with Redis(data) as server, client(server.url()) as line:
        line.set("a", "1")
    with Redis(data) as server, client(server.url()) as line:
        assert line.get("a") == "1"
        assert line.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"


def test_of_two_processes_one_owns_and_the_other_joins(data: Path, elsewhere: Start) -> None:
    others = [elsewhere("Redis", data) for _ in range(2)]
    said = [other.said for other in others]
    assert sorted(words[0] for words in said) == ["False", "True"]
    assert said[0][1:] == said[1][1:]
    mine = Redis(data)
    assert not mine.start()
    mine.stop()
    with client(mine.url()) as line:
        assert line.ping(), "who joined must not stop the owner's server"


def test_a_killed_owner_leaves_nothing_behind(data: Path, elsewhere: Start) -> None:
    other = elsewhere("Redis", data)
    _, pid, url = other.said
    with client(url) as line:
        line.set("a", "1")
    other.kill()
    with Redis(data) as server, client(server.url()) as line:
        assert server.start()
        assert server.pid != int(pid)
        assert line.get("a") == "1"
        assert line.info("server")["process_id"] == server.pid


def test_a_killed_redis_is_started_again_with_its_keys(data: Path) -> None:
    with Redis(data) as server:
        with client(server.url()) as line:
            line.set("a", "1")
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        os.waitid(os.P_PID, server.pid, os.WEXITED | os.WNOWAIT)
        assert server.start()
        with client(server.url()) as line:
            assert line.get("a") == "1"


def test_a_plain_user_runs_it_as_himself(
    open_folder: Path, elsewhere: Start, nobody: Mapping[str, Any]
) -> None:
    other = elsewhere("Redis", open_folder / "home" / "redis", **nobody)
    owns, pid, url = other.said
    assert owns == "True"
    assert Path(f"/proc/{pid}").stat().st_uid == (open_folder / "home").stat().st_uid
    with client(url) as line:
        assert line.ping()
    other.leave()
    assert not processes.alive(int(pid))


def test_a_machine_without_redis_can_do_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "wheel", lambda _: None)
    monkeypatch.setenv("PATH", "/nowhere")
    assert Redis.find(tmp_path) is None
    with pytest.raises(Unavailable, match="run without Redis"):
        Redis(tmp_path).start()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="Choose another folder"):
        Redis(tmp_path / "file" / "redis").start()
