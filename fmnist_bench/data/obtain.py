"""Making sure that a dataset's four checked idx files lie in one folder."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    if folder is not None:
        home = find_folder(name, folder)
        if verify:
            read_published(name, home)
        else:
            read_own(home, len(DATASETS[name].class_names) if name in DATASETS else None)
        say(f"{title} from {folder}: found{'' if verify else ', taken without verification'}")
        return home
    home = cache / name
    if _missing(name, home):
        with _locked(cache, name, say):
            reason = _missing(name, home)  # again: another process may have fetched it meanwhile
            if reason:
                say(f"{title} from the cache ({home}): passed over ({reason})")
                _fetch(name, home, say)
                return home
    say(f"{title} from the cache ({home}): found")
    return home


def check_request(name: str, *, folder: Path | None, verify: bool) -> None:
    """Check that data of that name can be asked for in that way.

    Raises:
        BenchError: own data has no folder, a name that no folder can have, or a published
            one in another spelling; or nothing is published under the name.
    """
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise BenchError(
            f"data.name: {name!r}, expected letters, digits, dots, dashes and underscores"
        )
    known = ", ".join(DATASETS)
    if name in DATASETS:
        if folder is None and not verify:
            raise BenchError(
                "data.verify=false: only for data of your own; name its folder with "
                "data.folder=FOLDER"
            )
    elif re.sub("[^a-z0-9]", "", name.lower()) in known.replace("_", "").split(", "):
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
        if not home.is_dir():
            return "nothing there"
        read_published(name, home)
    except BenchError as error:
        return str(error)
    return None


def _fetch(name: str, home: Path, say: Say) -> None:
    """Put the dataset into `home`, whole or not at all, from the first source that has it."""
    scratch = (home.parent / f".fetch-{name}").absolute()
    ready = scratch / "ready"
    for title, source in sources(name).items():
        line = f"{dataset_facts(name).title} from {title}"
        shutil.rmtree(scratch, ignore_errors=True)  # of the source before, or of a killed process
        try:
            scratch.mkdir(parents=True)
            found = source(scratch, say)
            parts = read_published(name, find_folder(name, found))
            ready.mkdir()
            for part, read in parts.items():
                (ready / FILE_NAMES[part]).write_bytes(read.content)
            shutil.rmtree(home, ignore_errors=True)
            ready.rename(home)
        except BenchError as reason:
            say(f"{line}: passed over ({reason})")
        else:
            say(f"{line}: found and verified")
            return
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    raise BenchError(
        f"{dataset_facts(name).title}: no source has it; put its four idx files in a folder and "
        "name that with data.folder=FOLDER"
    )


@contextmanager
def _locked(cache: Path, name: str, say: Say) -> Iterator[None]:
    """Hold the lock of dataset `name` in `cache`; the system frees it if the process dies."""
    lock = FileLock(cache / f"{name}.lock")
    try:
        cache.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            say(f"waiting for another process that fetches {dataset_facts(name).title}")
            lock.acquire()
        yield
    except OSError as error:
        raise BenchError(
            f"{cache}: cannot be written ({error.strerror}); name another cache folder"
        ) from None
    finally:
        lock.release()
