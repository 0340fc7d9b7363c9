"""A chat server on a loopback socket that misbehaves on purpose; raw sockets, no framework."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

FAULTS = (
    "timeout", "429", "429-retry-after", "500", "half-body", "wrong-json", "empty-choices", "huge",
    "content-type", "slow-drip", "closed",
)  # fmt: skip
"""Ten kinds, the 429 with and without Retry-After counted as one."""


def completion(text: str, finish: str = "stop", **message: Any) -> dict[str, Any]:
    """A chat completion as a server writes it."""
    said = {"role": "assistant", "content": text, **message}
    usage = {"prompt_tokens": 100, "completion_tokens": 5}
    return {
        "model": "fake",
        "choices": [{"index": 0, "message": said, "finish_reason": finish}],
        "usage": usage,
    }


class FakeServer:
    """Serves on 127.0.0.1 in threads until closed.

    Args:
        plan: request body -> a fault's name, a completion's text, or a (status, headers, body) answer.
        stall: seconds for which timeouts and slow answers hold a connection.
    """

    def __init__(self, plan: Callable[[dict[str, Any]], Any], *, stall: float = 3.0) -> None:
        self.plan, self.stall = plan, stall
        self.seen: list[dict[str, Any]] = []
        self.headers: list[str] = []
        self._over = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> FakeServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with socket.create_connection(self._socket.getsockname()):
            pass
        self._threads[0].join(5)
        self._socket.close()

    def _accept(self) -> None:
        while not self._over.is_set():
            connection, _ = self._socket.accept()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                while not self._over.is_set() and self._one(connection):
                    pass
            except OSError:
                pass

    def _one(self, connection: socket.socket) -> bool:
        """Answer one request; false where the connection is to be closed."""
        data = b""
        while b"\r\n\r\n" not in data:
            part = connection.recv(65536)
            if not part:
                return False
            data += part
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(re.search(rb"content-length: *(\d+)", head, re.IGNORECASE).group(1))  # type: ignore[union-attr]
        while len(body) < length:
            body += connection.recv(65536)
        request = json.loads(body)
        self.seen.append(request)
        self.headers.append(head.decode())
        said = self.plan(request)
        if isinstance(said, str) and said in FAULTS:
            return self._fault(connection, said)
        if isinstance(said, str):
            said = (200, {}, completion(said))
        status, headers, answer = said
        raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        connection.sendall(_head(status, len(raw), headers) + raw)
        return True

    def _fault(self, connection: socket.socket, fault: str) -> bool:
        whole = json.dumps(completion('{"choice": 1}')).encode()
        if fault == "timeout":
            self._over.wait(self.stall)
            return False
        if fault == "closed":
            return False
        if fault in ("429", "429-retry-after", "500"):
            headers = {"Retry-After": "0.02"} if fault.endswith("after") else {}
            raw = b'{"error": {"message": "no"}}'
            connection.sendall(_head(int(fault[:3]), len(raw), headers) + raw)
            return True
        if fault == "half-body":
            connection.sendall(_head(200, len(whole), {}) + whole[: len(whole) // 2])
            return False
        if fault == "slow-drip":
            connection.sendall(_head(200, len(whole), {}))
            end = time.monotonic() + self.stall
            for k in range(len(whole)):
                if self._over.wait(0.05) or time.monotonic() > end:
                    break
                connection.sendall(whole[k : k + 1])
            return False
        if fault == "huge":
            size = 64 << 20
            connection.sendall(_head(200, size, {}) + b'{"choices": "')
            for _ in range(size >> 16):
                connection.sendall(b"x" * 65536)
            return False
        raw, kind = {
            "wrong-json": (b'{"choices": [{"message": ', "application/json"),
            "empty-choices": (b'{"choices": []}', "application/json"),
            "content-type": (b"<html>gateway</html>", "text/html"),
        }[fault]
        connection.sendall(_head(200, len(raw), {"Content-Type": kind}) + raw)
        return True


def _head(status: int, length: int, headers: dict[str, str]) -> bytes:
    lines = {"Content-Type": "application/json", **headers, "Content-Length": str(length)}
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} X\r\n{text}\r\n".encode()
