from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.errors import NotFound
from motcua.files.store import FileDamagedError, FileStore, TenantFiles

ONE, TWO = UUID(int=1), UUID(int=2)
SECRET = bytes(range(32))


@pytest.fixture
def files(tmp_path: Path) -> TenantFiles:
    return FileStore(tmp_path, SECRET).for_tenant(ONE, "quang-ninh")


def _where(root: Path, slug: str, digest: str) -> Path:
    return root / slug / digest[:2] / digest[2:4] / digest


def test_a_file_comes_back_by_its_hash(files: TenantFiles) -> None:
    stored = files.put(b"giay khai sinh")
    assert (stored.sha256, stored.size) == (sha256(b"giay khai sinh").hexdigest(), 14)
    assert files.exists(stored.sha256)
    assert files.get(stored.sha256) == b"giay khai sinh"


def test_storing_the_same_content_again_does_not_write(files: TenantFiles, tmp_path: Path) -> None:
    digest = files.put(b"x").sha256
    path = _where(tmp_path, "quang-ninh", digest)
    before = path.read_bytes()
    files.put(b"x")
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == [digest]


def test_the_content_is_not_readable_on_disk(files: TenantFiles, tmp_path: Path) -> None:
    digest = files.put(b"number 000000000000 " * 50).sha256
    assert b"number" not in _where(tmp_path, "quang-ninh", digest).read_bytes()


def test_another_tenant_or_another_secret_cannot_read_it(
    files: TenantFiles, tmp_path: Path
) -> None:
    digest = files.put(b"x").sha256
    for other in (
        FileStore(tmp_path, SECRET).for_tenant(TWO, "quang-ninh"),
        FileStore(tmp_path, bytes(32)).for_tenant(ONE, "quang-ninh"),
    ):
        with pytest.raises(FileDamagedError):
            other.get(digest)
    with pytest.raises(NotFound):
        FileStore(tmp_path, SECRET).for_tenant(TWO, "ha-noi").get(digest)


@settings(deadline=None)
@given(at=st.integers(0, 200), flip=st.integers(1, 255))
def test_a_changed_byte_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, at: int, flip: int
) -> None:
    root = tmp_path_factory.mktemp("files")
    files = FileStore(root, SECRET).for_tenant(ONE, "a")
    digest = files.put(b"content").sha256
    path = _where(root, "a", digest)
    raw = bytearray(path.read_bytes())
    raw[at % len(raw)] ^= flip
    path.write_bytes(raw)
    with pytest.raises(FileDamagedError):
        files.get(digest)


def test_a_file_under_another_name_is_noticed(files: TenantFiles, tmp_path: Path) -> None:
    one, two = files.put(b"one").sha256, files.put(b"two").sha256
    _where(tmp_path, "quang-ninh", two).write_bytes(
        _where(tmp_path, "quang-ninh", one).read_bytes()
    )
    with pytest.raises(FileDamagedError):
        files.get(two)


@pytest.mark.parametrize("rest", [b"", b"MC", b"MCF1", b"MCF1short"])
def test_a_damaged_copy_is_noticed_and_healed_by_storing_again(
    files: TenantFiles, tmp_path: Path, rest: bytes
) -> None:
    digest = files.put(b"x").sha256
    _where(tmp_path, "quang-ninh", digest).write_bytes(rest)
    with pytest.raises(FileDamagedError):
        files.get(digest)
    files.put(b"x")
    assert files.get(digest) == b"x"


def test_a_removed_file_is_gone(files: TenantFiles) -> None:
    digest = files.put(b"x").sha256
    files.remove(digest)
    files.remove(digest)
    assert not files.exists(digest)
    with pytest.raises(NotFound):
        files.get(digest)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_a_name_that_is_no_hash_is_not_found(files: TenantFiles, name: str) -> None:
    with pytest.raises(NotFound):
        files.get(name)


@pytest.mark.parametrize("slug", ["", "..", "a/b", "A", "-a", "a\n"])
def test_a_slug_that_is_no_folder_is_refused(tmp_path: Path, slug: str) -> None:
    with pytest.raises(ValueError, match="slug"):
        FileStore(tmp_path, SECRET).for_tenant(ONE, slug)


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        FileStore(tmp_path, b"short")


def test_a_failed_write_leaves_nothing(
    files: TenantFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        files.put(b"x")
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []
