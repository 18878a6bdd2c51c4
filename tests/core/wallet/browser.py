"""The modules of the browser wallet, run in node, and an office they can reach over HTTP."""

import json
import shutil
import subprocess
import threading
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import motcua.wallet
from motcua.wallet import certificates, jose
from tests.core.wallet.office import Office

STATIC = Path(motcua.wallet.__file__).parent / "static" / "wallet"
DRIVER = Path(__file__).with_name("browser_driver.mjs")
NODE = shutil.which("node")
CLAIMS = {"full_name": "Nguyễn Thị Bích Ngọc", "commune": "Hà Lầm"}
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed")

Run = Callable[..., Any]


def runner(folder: Path) -> Run:
    """Give jobs to node; one job gives one answer, several give a list."""
    for module in STATIC.glob("*.js"):
        shutil.copy(module, folder)
    (folder / "package.json").write_text('{"type": "module"}')

    def work(*jobs: dict[str, Any]) -> Any:
        done = subprocess.run(
            [str(NODE), str(DRIVER), str(folder)],
            input=json.dumps(jobs),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        answers = json.loads(done.stdout)
        return answers[0] if len(jobs) == 1 else answers

    return work


class Served:
    """Serve an office on a local port."""

    def __init__(self, now: datetime) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        root = certificates.make_root("Gốc thử nghiệm", now=now)
        key = jose.generate_key()
        leaf = certificates.credential_certificate(
            root, key, name="Ký", organization="Tỉnh", host="localhost", now=now
        )
        signer = Signer(key, jose.thumbprint(key), (leaf,), root.certificate)
        url = f"http://localhost:{self.server.server_port}"
        self.office = _Handler.office = Office(url, signer, now, CLAIMS)
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self) -> Office:
        self.thread.start()
        return self.office

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class Signer:
    """Key, certificates and root of the office."""

    def __init__(self, key: jose.Key, kid: str, chain: tuple[Any, ...], root: Any) -> None:
        self.key, self.kid, self.chain, self.root = key, kid, chain, root


class _Handler(BaseHTTPRequestHandler):
    office: Any = None

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, kind, content = self.office.handle(self.command, self.path, headers, body)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if self.office.dpop_nonce:
            self.send_header("DPoP-Nonce", self.office.dpop_nonce)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""
