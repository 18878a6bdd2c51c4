"""Settings from the environment; nothing is read at import."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from motcua.reach import Network, Reach, is_public_name, read_networks

_SCANNER = re.compile(r"unix:/.+|tcp:(?:\[[0-9A-Fa-f:]+\]|[^\s:\[\]]+):[0-9]{1,5}")

_MOST_PROCESSORS = 1024


def is_scanner(address: str) -> bool:
    """Tell whether this can be the address of a clamd: ``unix:/path`` or ``tcp:host:port``."""
    found = _SCANNER.fullmatch(address)
    port = address.rpartition(":")[2] if address.startswith("tcp:") else "1"
    return bool(found) and 1 <= int(port) <= 65_535


@dataclass(frozen=True)
class Settings:
    """How this installation runs.

    ``secret_key`` is 32 bytes that stay outside the database: every private key and personal identifier
    in the database is sealed with a key derived from it. The three database addresses belong to the three
    roles: the application, the owner (migrations only) and the national office. ``base_url`` is the public address of the
    platform; a tenant's address is its slug in front of it. ``clamd`` is the address of a malware scanner
    (``unix:/path`` or ``tcp:host:port``); without one, uploads are not scanned. ``inner_networks`` are those that
    this program may ask beside the public net, when a name leads there.
    """

    database_url: str
    owner_url: str
    national_url: str
    redis_url: str
    secret_key: bytes
    data: Path
    tenants: Path
    base_url: str = "http://localhost:8000"
    max_upload: int = 20 * 1024 * 1024
    clamd: str = ""
    # "": none; "stamps": a request may say its time; "day": the whole process follows. Never in production.
    simulation: str = ""
    blocked_plugins: frozenset[str] = field(default_factory=frozenset)
    inner_networks: tuple[Network, ...] = ()
    # Of the machine of the database; that of this process, as far as nobody says otherwise.
    database_processors: int = field(default_factory=lambda: os.cpu_count() or 1)

    @property
    def scheme(self) -> str:
        """``http`` or ``https``."""
        return self.base_url.split("://", 1)[0]

    @property
    def domain(self) -> str:
        """Host and port below which every tenant has its own host (``localhost:8000``)."""
        return self.base_url.split("://", 1)[1].rstrip("/")

    @property
    def reach(self) -> Reach:
        """Which machines this installation asks."""
        home = urlsplit(self.base_url)
        port = home.port or {"http": 80}.get(self.scheme, 443)
        return Reach(self.inner_networks, home.hostname or "", port)

    def url_of(self, label: str) -> str:
        """Return the address of the host with this label (a tenant's slug, ``vi``)."""
        return f"{self.scheme}://{label}.{self.domain}"

    def public_url_of(self, label: str) -> str:
        """Return the same when others find it by its name, for certificates that outlive us; "" otherwise."""
        url = self.url_of(label)
        return url if is_public_name(urlsplit(url).hostname or "") else ""


def data_folder() -> Path:
    """Return the data folder that the environment names."""
    return Path(os.environ.get("MOTCUA_DATA", ".data"))


def from_environment() -> Settings:
    """Read the settings of a production process.

    Raises ``ValueError`` that names every variable that is missing or wrong and what it should hold.
    """
    wrong = []
    database = os.environ.get("MOTCUA_DATABASE_URL", "")
    if not database.startswith(("postgresql://", "postgres://")):
        wrong.append("MOTCUA_DATABASE_URL: postgresql://mc_app:…@host/motcua")
    try:
        key = bytes.fromhex(os.environ.get("MOTCUA_SECRET_KEY", ""))
    except ValueError:
        key = b""
    if len(key) != 32:
        wrong.append("MOTCUA_SECRET_KEY: 64 hexadecimal digits, made by `openssl rand -hex 32`")
    clamd = os.environ.get("MOTCUA_CLAMD", "")
    if clamd and not is_scanner(clamd):
        wrong.append("MOTCUA_CLAMD: unix:/run/clamav/clamd.ctl or tcp:host:3310, or nothing")
    try:
        networks = read_networks(os.environ.get("MOTCUA_INNER_NETWORKS", "").split())
    except ValueError as error:
        networks = ()
        wrong.append(f"MOTCUA_INNER_NETWORKS: 10.20.0.0/16 fd12::/16 and the like ({error})")
    processors = os.environ.get("MOTCUA_DATABASE_PROCESSORS", "") or str(os.cpu_count() or 1)
    if not processors.isdecimal() or not 1 <= int(processors) <= _MOST_PROCESSORS:
        wrong.append("MOTCUA_DATABASE_PROCESSORS: how many processors its machine has, such as 8")
    if wrong:
        raise ValueError("set these environment variables:\n  " + "\n  ".join(wrong))
    return Settings(
        database_url=database,
        owner_url=os.environ.get("MOTCUA_OWNER_DATABASE_URL", ""),
        national_url=os.environ.get("MOTCUA_NATIONAL_DATABASE_URL", ""),
        redis_url=os.environ.get("MOTCUA_REDIS_URL", ""),
        secret_key=key,
        data=data_folder(),
        tenants=Path(os.environ.get("MOTCUA_TENANTS", "tenants")),
        base_url=os.environ.get("MOTCUA_BASE_URL", "http://localhost:8000"),
        clamd=clamd,
        blocked_plugins=frozenset(os.environ.get("MOTCUA_BLOCKED_PLUGINS", "").split()),
        inner_networks=networks,
        database_processors=int(processors),
    )
