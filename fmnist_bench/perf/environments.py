"""Virtual environments of their own for peers that the suite itself must not depend on."""

import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

from fmnist_bench.errors import BenchError


def environment(home: Path, requirements: Sequence[str], say: Callable[[str], None]) -> Path:
    """Return the Python of an environment at `home` with `requirements`, made if needed.

    Raises:
        BenchError: pip could not install them.
    """
    python = home / "bin" / "python"
    wanted = "\n".join(requirements)
    marker = home / "requirements.txt"  # written last, so a broken install is made anew
    if python.exists() and marker.exists() and marker.read_text() == wanted:
        return python
    say(f"installing {', '.join(requirements)} into {home}")
    venv.create(home, with_pip=True, clear=True)
    ended = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", *requirements],
        stderr=subprocess.PIPE,
        stdout=sys.stderr,
        text=True,
        check=False,
    )
    if ended.returncode:
        lines = ended.stderr.strip().splitlines() or ["no message"]
        raise BenchError(f"{home}: pip could not install {', '.join(requirements)} ({lines[-1]})")
    marker.write_text(wanted)
    return python
