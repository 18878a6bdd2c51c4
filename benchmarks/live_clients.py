"""Many boards or monitors in one process: ``python -m benchmarks.live_clients PORT HOST PATH COUNT [TOKEN]``.

Raw sockets that listen to a stream as a browser does, and come back with ``Last-Event-ID``. Every call must come to
every board, once and in order; monitors, who need an officer's token, hear which halls have changed. Lines on standard
input are questions: ``report SEQ`` waits for that call and tells when it came (seconds of the monotonic clock),
``since MOMENT`` waits until each has heard of a change after it, ``sum`` tells what was lost. Answers are lines of JSON.
"""

import json
import re
import resource
import select
import selectors
import socket
import sys
import time
from collections import defaultdict

PATIENCE = 60.0
RETRY = 1.0
_EVENT = re.compile(rb"id: (\d+)\nevent: (call|snapshot)\n")
_CHANGE = re.compile(rb"^event: sites\n", re.MULTILINE)


class Listener:
    """One connection: the last number it heard, when it heard of a change, and the text that is not complete yet."""

    __slots__ = ("changed", "last", "line", "text")

    def __init__(self) -> None:
        self.last = -1
        self.changed = 0.0
        self.line: socket.socket | None = None
        self.text = b""


class Listeners:
    """All connections of this process."""

    def __init__(self, port: int, host: str, path: str, count: int, token: str) -> None:
        self._address = ("127.0.0.1", port)
        self._head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/event-stream\r\n"
        if token:
            self._head += f"Cookie: mc_session={token}\r\n"
        self._eyes = selectors.DefaultSelector()
        self._eyes.register(sys.stdin, selectors.EVENT_READ, None)
        self._away: list[tuple[float, Listener]] = []
        self.all = [Listener() for _ in range(count)]
        self.heard: dict[int, list[float]] = defaultdict(list)
        self.lost = self.twice = self.returns = 0
        for n, one in enumerate(self.all):
            self._connect(one)
            if n % 200 == 199:
                self.turn(0)

    def _connect(self, one: Listener) -> None:
        resume = f"Last-Event-ID: {one.last}\r\n" if one.last >= 0 else ""
        try:
            line = socket.create_connection(self._address, timeout=10)
            line.sendall(f"{self._head}{resume}\r\n".encode())
        except OSError:
            self._away.append((time.monotonic() + RETRY, one))
            return
        line.setblocking(False)
        one.line, one.text = line, b""
        self._eyes.register(line, selectors.EVENT_READ, one)

    def turn(self, timeout: float) -> bool:
        """Read what came; True when there is a question."""
        asked = False
        for key, _ in self._eyes.select(timeout):
            if key.data is None:
                asked = True
            else:
                self._read(key.data)
        now = time.monotonic()
        due = [one for at, one in self._away if at <= now]
        self._away = [(at, one) for at, one in self._away if at > now]
        for one in due:
            self._connect(one)
        return asked

    def _read(self, one: Listener) -> None:
        line = one.line
        if line is None:
            return
        try:
            found = line.recv(65_536)
        except BlockingIOError:
            return
        except OSError:
            found = b""
        if not found:
            self._eyes.unregister(line)
            line.close()
            one.line = None
            self.returns += 1
            self._away.append((time.monotonic() + RETRY, one))
            return
        if found.startswith(b"HTTP/1.1 4"):
            raise RuntimeError(found.partition(b"\r\n")[0].decode())
        now = time.monotonic()
        text, gap, one.text = (one.text + found).rpartition(b"\n\n")
        if _CHANGE.search(text + gap):
            one.changed, one.last = now, max(one.last, 0)
        for match in _EVENT.finditer(text + gap):
            self._take(one, int(match[1]), match[2] == b"call", now)

    def _take(self, one: Listener, seq: int, is_call: bool, now: float) -> None:
        if one.last >= 0:
            missing = seq - one.last - (1 if is_call else 0)
            self.lost += max(0, missing)
            self.twice += is_call and seq <= one.last
        one.last = max(one.last, seq)
        if is_call:
            self.heard[seq].append(now)

    def report(self, seq: int) -> dict[str, float]:
        """Wait until all have a call; return how many have it, and when half, 99 % and the last had it."""
        end = time.monotonic() + PATIENCE
        while len(self.heard[seq]) < len(self.all) and time.monotonic() < end:
            self.turn(0.05)
        return _spread(sorted(self.heard.pop(seq)))

    def since(self, moment: float) -> dict[str, float]:
        """Wait until every one has heard of a change after a moment; return the same of that."""
        end = time.monotonic() + PATIENCE
        while any(one.changed < moment for one in self.all) and time.monotonic() < end:
            self.turn(0.05)
        return _spread(sorted(one.changed for one in self.all if one.changed >= moment))

    def ready(self) -> bool:
        """Tell whether every one knows where it stands."""
        return all(one.last >= 0 for one in self.all)


def _spread(times: list[float]) -> dict[str, float]:
    if times:
        at = {"p50": len(times) // 2, "p99": int(len(times) * 0.99), "last": len(times) - 1}
        return {"count": len(times), **{name: times[n] for name, n in at.items()}}
    return {"count": 0, "p50": 0.0, "p99": 0.0, "last": 0.0}


def main() -> None:
    """Connect, then answer questions until the input ends."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    port, host, path, count = sys.argv[1:5]
    began = time.monotonic()
    listeners = Listeners(int(port), host, path, int(count), "".join(sys.argv[5:]))
    while not listeners.ready():
        listeners.turn(0.1)
    print(json.dumps({"ready": time.monotonic() - began}), flush=True)
    while True:
        if not listeners.turn(1.0) or not select.select([sys.stdin], [], [], 0)[0]:
            continue
        question = sys.stdin.readline().split()
        if not question:
            return
        if question[0] == "report":
            answer: dict[str, float] = listeners.report(int(question[1]))
        elif question[0] == "since":
            answer = listeners.since(float(question[1]))
        else:
            answer = {
                "lost": listeners.lost,
                "twice": listeners.twice,
                "returns": listeners.returns,
            }
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
