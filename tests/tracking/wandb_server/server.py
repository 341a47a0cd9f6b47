"""A W&B server on loopback, as much of one as the client and the sweep agent need.

GraphQL at /graphql by the name of the operation, the file stream of runs, and storage.
What it does not know fails the test that asks for it.
"""

import base64
import gzip
import json
import re
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tests.tracking.wandb_server import artifacts, runs, sweeps
from tests.tracking.wandb_server.state import Refused, Run, State

OPERATIONS = {**runs.OPERATIONS, **artifacts.OPERATIONS, **sweeps.OPERATIONS}
_OPERATION = re.compile(r"^\s*(?:query|mutation)\s+(\w+)")
_STREAM = re.compile(r"/files/([^/]+)/([^/]+)/([^/]+)/file_stream")


@dataclass(frozen=True)
class Request:
    """What came in. `operation` is GraphQL's, else empty; `body` is unpacked."""

    method: str
    path: str
    operation: str
    headers: dict[str, str]
    body: bytes


class WandbServer:
    """Serves in a thread from `with` to its end, which fails if a request was not understood."""

    def __init__(self, key: str, entity: str = "someone") -> None:
        self.key, self.state = key, State(entity)
        self.requests: list[Request] = []
        self.faults: list[str] = []
        self.lock = threading.Lock()
        self.arrived = threading.Condition()
        handler = type("Handler", (_Handler,), {"server_of_test": self})
        self._http = _Http(("127.0.0.1", 0), handler)
        self._http.faults = self.faults
        self.url = self.state.base_url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()
        assert self.faults == [], self.faults

    @property
    def runs(self) -> dict[str, Run]:
        """All runs by their id; one id in two projects fails."""
        with self.lock:
            found = {run.name: run for run in self.state.runs.values()}
            assert len(found) == len(self.state.runs)
            return found

    def wait_for(self, done: Callable[[], bool], seconds: float) -> None:
        """Return once `done`, which is asked after each request; fail after so many seconds."""
        deadline = time.monotonic() + seconds
        while not done():
            with self.arrived:
                left = deadline - time.monotonic()
                assert left > 0, "waited in vain"
                self.arrived.wait(min(left, 1.0))

    def answer(self, request: Request) -> Any:
        """Return the answer to `request` as what JSON can say."""
        if request.method == "PUT":
            return self._store(request)
        if request.path.startswith("/sdk/otel/") or (request.method, request.path) == ("GET", "/"):
            return {}  # the commands' reports about themselves; the suite's look at the server
        wanted = base64.b64encode(f"api:{self.key}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {wanted}":
            raise Refused(401, "who are you?")
        stream = _STREAM.fullmatch(request.path)
        if stream:
            return self._stream(stream, json.loads(request.body))
        if request.path != "/graphql":
            raise LookupError(f"{request.method} {request.path}")
        if request.operation not in OPERATIONS:
            raise LookupError(f"unknown operation {request.operation!r}: {request.body[:300]!r}")
        asked = json.loads(request.body)
        return {"data": OPERATIONS[request.operation](self.state, asked.get("variables") or {})}

    def _stream(self, stream: re.Match[str], told: dict[str, Any]) -> Any:
        run = self.state.runs.get((stream[1], stream[2], stream[3]))
        if run is None:
            raise Refused(404, "no such run")
        for file, part in told.get("files", {}).items():
            run.write(file, part["offset"], part["content"])
        if told.get("complete"):
            run.exit_code = told["exitcode"]
        return {}

    def _store(self, request: Request) -> Any:
        target = self.state.uploads[request.path]
        if isinstance(target, tuple):
            files, name = target
            files[name] = request.body
        else:
            target.manifest = request.body
        return {}


class _Http(ThreadingHTTPServer):
    request_queue_size = 128  # the client uploads a run's files all at once
    faults: list[str]

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exception()
        if not isinstance(error, ConnectionError):  # of a client that ended
            self.faults.append(repr(error))


class _Handler(BaseHTTPRequestHandler):
    server_of_test: WandbServer
    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        server = self.server_of_test
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Content-Encoding") == "gzip" and self.command != "PUT":
            body = gzip.decompress(body)
        operation = ""
        if self.path == "/graphql":
            found = _OPERATION.match(json.loads(body)["query"])
            operation = found[1] if found else ""
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, operation, headers, body)
        status = 200
        with server.lock:
            server.requests.append(request)
            try:
                answer = server.answer(request)
            except Refused as refused:
                status, answer = refused.status, {"errors": [{"message": str(refused)}]}
            except Exception as error:
                server.faults.append(f"{type(error).__name__}: {error}")
                # Not a 500, which the client would try again.
                status, answer = 400, {"errors": [{"message": "not understood"}]}
        with server.arrived:
            server.arrived.notify_all()
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_HEAD = handle_any

    def log_message(self, format: str, *args: Any) -> None:
        pass
