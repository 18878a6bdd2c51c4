"""Files on disk, named by their content, encrypted for their tenant.

A file lies at ``<root>/<tenant slug>/ab/cd/<sha256 of the plain content>``. On disk it is the mark
``MCF1``, a nonce of 12 bytes and AES-256-GCM ciphertext with its tag; hash and tenant are bound as
associated data, so a file moved to another name or tenant does not open. The key comes from the
installation's secret by HKDF-SHA256 with the tenant's id, so losing a disk loses nothing readable.
"""

import hashlib
import os
import re
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from motcua.errors import NotFound

_MARK = b"MCF1"
_NONCE = 12
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_FRESH = ".new-"
_HASH = re.compile(r"[0-9a-f]{64}")


class FileDamagedError(Exception):
    """What lies on disk is not what was stored: damage, tampering or a wrong key. Not the user's fault."""


@dataclass(frozen=True)
class StoredFile:
    """Where a content can be found again: its SHA-256 in hexadecimal, and its size in bytes."""

    sha256: str
    size: int


class FileStore:
    """All files of an installation below ``root`` (``<data>/files``); ``secret`` is its 32-byte secret."""

    def __init__(self, root: Path, secret: bytes) -> None:
        if len(secret) != 32:
            raise ValueError("the file store needs a secret of 32 bytes")
        self._root = root
        self._secret = secret

    def for_tenant(self, tenant_id: UUID, slug: str) -> "TenantFiles":
        """Return the files of one tenant; ``slug`` is only the folder's name, the key hangs on the id."""
        if not _SLUG.fullmatch(slug):
            raise ValueError(f"not a tenant slug: {slug!r}")
        key = HKDF(SHA256(), 32, salt=tenant_id.bytes, info=b"motcua files 1").derive(self._secret)
        return TenantFiles(self._root / slug, tenant_id, key)


class TenantFiles:
    """The files of one tenant. Blocking: call it in a worker thread."""

    def __init__(self, folder: Path, tenant_id: UUID, key: bytes) -> None:
        self._folder = folder
        self._tenant = tenant_id.bytes
        self._cipher = AESGCM(key)

    def put(self, data: bytes) -> StoredFile:
        """Store a content; the same content again changes nothing. On return it survives a power cut."""
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._path(sha256)
        if not self._is_sound(sha256):
            nonce = os.urandom(_NONCE)
            sealed = self._cipher.encrypt(nonce, data, self._bound_to(sha256))
            _write_atomically(path, _MARK + nonce + sealed)
        return StoredFile(sha256, len(data))

    def get(self, sha256: str) -> bytes:
        """Return a content; ``NotFound`` when it is not there, ``FileDamagedError`` when it is not itself."""
        try:
            stored = self._path(sha256).read_bytes()
        except FileNotFoundError as error:
            raise NotFound("Không tìm thấy tệp.", "The file was not found.") from error
        nonce, sealed = stored[len(_MARK) : len(_MARK) + _NONCE], stored[len(_MARK) + _NONCE :]
        if not stored.startswith(_MARK) or len(nonce) < _NONCE:
            raise FileDamagedError(f"stored file {sha256} has no header")
        try:
            data = self._cipher.decrypt(nonce, sealed, self._bound_to(sha256))
        except InvalidTag as error:
            raise FileDamagedError(f"stored file {sha256} does not decrypt") from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise FileDamagedError(f"stored file {sha256} has another content")
        return data

    def exists(self, sha256: str) -> bool:
        """Whether a content of this hash is stored."""
        return self._path(sha256).is_file()

    def remove(self, sha256: str) -> None:
        """Erase a content; the caller has made sure that no record refers to it any more."""
        self._path(sha256).unlink(missing_ok=True)

    def untouched_since(self, moment: datetime, shard: int) -> list[str]:
        """Return the contents whose hash begins with the byte ``shard`` and that were written before ``moment``.

        What a broken-off write left behind by then is erased on the way.
        """
        found = []
        for path in (self._folder / f"{shard:02x}").glob("*/*"):
            with suppress(FileNotFoundError):  # erased by somebody else meanwhile
                if path.stat().st_mtime >= moment.timestamp():
                    continue
                if _HASH.fullmatch(path.name):
                    found.append(path.name)
                elif path.name.startswith(_FRESH):
                    path.unlink()
        return found

    def _is_sound(self, sha256: str) -> bool:
        """Whether it is there and reads back; a damaged copy is healed by storing it again."""
        with suppress(NotFound, FileDamagedError):
            self.get(sha256)
            return True
        return False

    def _bound_to(self, sha256: str) -> bytes:
        return self._tenant + bytes.fromhex(sha256)

    def _path(self, sha256: str) -> Path:
        if not _HASH.fullmatch(sha256):
            raise NotFound("Không tìm thấy tệp.", "The file was not found.")
        return self._folder / sha256[:2] / sha256[2:4] / sha256


def _write_atomically(path: Path, content: bytes) -> None:
    """Write beside, flush to disk, rename, and flush the folder: never half a file under the name."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=_FRESH)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
