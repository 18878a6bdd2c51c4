"""A reference of the signing service that a remote signer talks to: keys in memory, a token, TLS on both sides."""

import contextlib
import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from motcua.keys.signers.sealed import LocalKey
from motcua.wallet import jose


@dataclass
class Service:
    """What the service holds, and how it misbehaves when it is told to."""

    url: str
    token: str
    keys: dict[str, jose.Key] = field(default_factory=dict)
    signed: int = 0
    fault: str = ""
    # In the fault "together" nothing is answered until so many ask at once; in "silent", until the end.
    together: threading.Barrier = field(default_factory=lambda: threading.Barrier(5, timeout=20))
    ended: threading.Event = field(default_factory=threading.Event)


class _Handler(BaseHTTPRequestHandler):
    service: Service

    def do_POST(self) -> None:
        """Answer one request."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.headers.get("authorization") != f"Bearer {self.service.token}":
            self._answer(401, {})
        elif self.service.fault == "broken":
            self._answer(500, {})
        elif self.path.endswith("/keys"):
            key = jose.generate_key()
            name = f"k{len(self.service.keys)}"
            self.service.keys[name] = key
            self._answer(201, {"key": name, "jwk": jose.public_jwk(key)})
        else:
            self._sign(body)

    def _sign(self, body: dict[str, str]) -> None:
        key = self.service.keys.get(body["key"])
        if key is None or body["alg"] != "ES256":
            self._answer(404, {})
            return
        data = jose.b64u_decode(body["data"])
        data += b"!" if self.service.fault == "other data" else b""
        self.service.signed += 1
        if self.service.fault == "together":
            self.service.together.wait()
        if self.service.fault == "silent":
            self.service.ended.wait()
        if self.service.fault in ("drips", "endless"):
            self._goes_on()
            return
        signature = LocalKey.from_pem(jose.key_to_pem(key).decode()).sign(data)
        self._answer(200, {"signature": jose.b64u(signature)})

    def _goes_on(self) -> None:
        """Answer without an end: at once all that fits, or a byte now and then, none of them too late."""
        self.send_response(200)
        self.end_headers()
        pause = threading.Event()
        with contextlib.suppress(OSError):
            for _ in range(400):
                self.wfile.write(b" " * (65_536 if self.service.fault == "endless" else 1))
                pause.wait(0.05 if self.service.fault == "drips" else 0)

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        said = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


@contextlib.contextmanager
def serving(certificate: Path, key: Path, authority: Path) -> Iterator[Service]:
    """Serve on a free port of this machine; a client needs the token and a certificate of ``authority``."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(authority)
    context.verify_mode = ssl.CERT_REQUIRED
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    service = Service(f"https://localhost:{server.server_port}/v1", "bí mật".encode().hex())
    handler.service = service  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()
