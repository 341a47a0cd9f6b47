"""Making sure that a dataset's four checked idx files lie in one folder."""

import contextlib
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

from fmnist_bench.data.facts import DATASETS, FILE_NAMES, dataset_facts
from fmnist_bench.data.parts import find_folder
from fmnist_bench.data.sources import sources
from fmnist_bench.data.verify import read_own, read_published
from fmnist_bench.errors import BenchError

Say = Callable[[str], None]


def obtain(name: str, *, folder: Path | None, verify: bool, cache: Path, say: Say) -> Path:
    """Return a folder with the idx files of dataset `name`, named as `facts.FILE_NAMES`.

    A `folder` that the user names is the only source; its files, raw or with `.gz`, are used
    where they lie. Without it the cache is looked at, then each of `sources` in turn, and
    what is found is kept in `cache/<name>`. Two processes may call this at once; one of
    them fetches.

    `verify` compares with the published SHA-256; without it, which needs a `folder`, only
    the format is checked. `say` is told in one line each what was tried.

    Raises:
        BenchError: as `check_request`; or a file in `folder` is missing or wrong, no source
            has the data, or the cache cannot be written.
    """
    check_request(name, folder=folder, verify=verify)
    title = dataset_facts(name).title if verify else name
    home = cache / name
    if folder is not None:
        home = find_folder(name, folder)
        if verify:
            read_published(name, home)
        else:
            read_own(home, len(DATASETS[name].class_names) if name in DATASETS else None)
        say(f"{title} from {folder}: found{'' if verify else ', taken without verification'}")
    elif _missing(name, home) is None:
        say(f"{title} from the cache ({home}): found")
    else:
        try:
            _fill(name, home, say)
        except OSError as error:
            raise BenchError(
                f"{cache}: cannot be written ({error.strerror}); name another cache folder"
            ) from None
    return home


def check_request(name: str, *, folder: Path | None, verify: bool) -> None:
    """Check that data of that name can be asked for in that way.

    Raises:
        BenchError: own data has no folder or a published name in another spelling, or nothing
            is published under the name.
    """
    known = ", ".join(DATASETS)
    if name in DATASETS:
        if folder is None and not verify:
            raise BenchError(
                "data.verify=false: only for data of your own; name its folder with "
                "data.folder=FOLDER"
            )
    elif re.sub("[^a-z0-9]", "", str(name).lower()) in known.replace("_", "").split(", "):
        raise BenchError(
            f"data.name: {name!r} is taken by the published {known}; give data of your own "
            "another name"
        )
    elif verify or folder is None:
        raise BenchError(
            f"data.name: {name!r} is none of the published {known}; data of your own takes "
            f"data=idx data.name={name} data.folder=FOLDER"
        )


def _missing(name: str, home: Path) -> str | None:
    """Say why the cache does not have the dataset, or None if it does."""
    try:
        find_folder(name, home)
        read_published(name, home)
    except BenchError as error:
        return str(error)
    return None


def _fill(name: str, home: Path, say: Say) -> None:
    """Fetch the dataset into `home`, unless another process does so meanwhile."""
    home.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{home}.lock")  # the system frees it if the process dies
    with contextlib.suppress(Timeout):
        lock.acquire(timeout=0)
    if not lock.is_locked:
        say(f"waiting for another process that fetches {dataset_facts(name).title}")
        lock.acquire()
    try:
        reason = _missing(name, home)
        if reason is None:
            say(f"{dataset_facts(name).title} from the cache ({home}): found")
        else:
            say(f"{dataset_facts(name).title} from the cache ({home}): passed over ({reason})")
            _fetch(name, home, say)
    finally:
        lock.release()


def _fetch(name: str, home: Path, say: Say) -> None:
    """Put the dataset into `home`, whole or not at all, from the first source that has it."""
    scratch = (home.parent / f".fetch-{name}").absolute()
    ready = scratch / "ready"
    for title, source in sources(name).items():
        line = f"{dataset_facts(name).title} from {title}"
        shutil.rmtree(scratch, ignore_errors=True)  # of the source before, or of a killed process
        try:
            scratch.mkdir(parents=True)
            parts = read_published(name, find_folder(name, source(scratch, say)))
            ready.mkdir()
            for part, read in parts.items():
                (ready / FILE_NAMES[part]).write_bytes(read.content)
            shutil.rmtree(home, ignore_errors=True)
            ready.rename(home)
            say(f"{line}: found and verified")
            return
        except BenchError as reason:
            say(f"{line}: passed over ({reason})")
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    raise BenchError(
        f"{dataset_facts(name).title}: no source has it; put its four idx files in a folder and "
        "name that with data.folder=FOLDER"
    )
