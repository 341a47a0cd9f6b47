"""One file over HTTP, with a bounded wait for a server that does not answer."""

import threading
import time
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from queue import Empty, SimpleQueue
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from tqdm import tqdm

ANSWER_SECONDS = 5.0
"""How long a server may take to answer, or to send the next bytes."""

_SLOWEST_BYTES_PER_SECOND = 20_000
_CHUNK_BYTES = 1 << 16


class PassedOver(Exception):
    """A source does not have the data; the message says why in a few words."""


def download(url: str, target: Path, say: Callable[[str], None]) -> None:
    """Write the content at `url` to `target`, with a progress bar at a terminal.

    `say` is told when the server answers, so that a log file shows the progress too.

    Raises:
        PassedOver: the server does not answer in time, refuses, breaks off, or
            sends fewer than 20 kB/s.
        OSError: `target` cannot be written.
    """
    with _open(url) as response, target.open("wb") as file:
        total = response.length
        say(f"downloading {target.name}" + (f" ({total / 1e6:.1f} MB)" if total else ""))
        # disable=None: no bar unless at a terminal
        bar = tqdm(
            desc=target.name, total=total, unit="B", unit_scale=True, leave=False, disable=None
        )
        started = time.monotonic()
        with bar:
            while chunk := _next_chunk(response):
                file.write(chunk)
                bar.update(len(chunk))
                _refuse_slow(file.tell(), time.monotonic() - started)
        if response.length:
            raise PassedOver(f"broke off, {response.length} bytes of {target.name} missing")


def _next_chunk(response: HTTPResponse) -> bytes:
    try:
        return response.read1(_CHUNK_BYTES)
    except (OSError, HTTPException) as error:
        raise PassedOver(_reason(error)) from None


def _open(url: str) -> HTTPResponse:
    """Open `url` in a thread, because looking up a host name cannot be given a time limit."""
    answers: SimpleQueue[HTTPResponse | OSError | HTTPException] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(urlopen(url, timeout=ANSWER_SECONDS))
        except (OSError, HTTPException) as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=1.2 * ANSWER_SECONDS)
    except Empty:
        raise PassedOver(f"no answer within {ANSWER_SECONDS:.0f} s") from None
    if isinstance(answer, HTTPResponse):
        return answer
    if isinstance(answer, HTTPError):
        answer.close()
    raise PassedOver(_reason(answer))


def _refuse_slow(size: int, seconds: float) -> None:
    if seconds > 2 * ANSWER_SECONDS and size < _SLOWEST_BYTES_PER_SECOND * seconds:
        raise PassedOver(f"slower than {_SLOWEST_BYTES_PER_SECOND // 1000} kB/s")


def _reason(error: OSError | HTTPException) -> str:
    if isinstance(error, HTTPError):
        return f"HTTP status {error.code}"
    if isinstance(error, URLError) and isinstance(error.reason, OSError):
        error = error.reason
    if isinstance(error, TimeoutError):
        return f"no answer within {ANSWER_SECONDS:.0f} s"
    return str(getattr(error, "strerror", None) or error or type(error).__name__)
