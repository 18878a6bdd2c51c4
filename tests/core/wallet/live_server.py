"""The house of a test run, served by a process of its own that may be killed."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2

from motcua.settings import Settings

_UP = 60


class Server:
    """``motcua serve`` at a free port of this machine; ``base`` is the platform's address there."""

    def __init__(self, settings: Settings, said: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.base = f"http://localhost:{self.port}"
        self._said = said
        self._environment = {
            **os.environ,
            "MOTCUA_DATABASE_URL": settings.database_url,
            "MOTCUA_OWNER_DATABASE_URL": settings.owner_url,
            "MOTCUA_NATIONAL_DATABASE_URL": settings.national_url,
            "MOTCUA_REDIS_URL": settings.redis_url,
            "MOTCUA_SECRET_KEY": settings.secret_key.hex(),
            "MOTCUA_DATA": str(settings.data),
            "MOTCUA_BASE_URL": self.base,
        }

    def start(self) -> None:
        """Start it and wait until it answers."""
        words = ["serve", "--host", "127.0.0.1", "--port", str(self.port)]
        with self._said.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "motcua", *words],
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + _UP
        while time.monotonic() < end and self._process.poll() is None:
            try:
                if httpx2.get(f"http://127.0.0.1:{self.port}/healthz", timeout=5).is_success:
                    return
            except httpx2.HTTPError:
                time.sleep(0.05)
        raise AssertionError(f"the server did not come up\n{self._said.read_text()[-3000:]}")

    def kill(self) -> None:
        """End it without a word to it, with what it started."""
        os.killpg(self._process.pid, 9)
        self._process.wait()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(30)
