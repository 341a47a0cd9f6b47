"""Making sure that a dataset's four verified idx files lie uncompressed in one folder."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from fmnist_bench.data.download import PassedOver
from fmnist_bench.data.facts import FILE_NAMES, dataset_facts
from fmnist_bench.data.folders import find_files, raw_files, store
from fmnist_bench.data.idx import is_gzip, read_unpacked
from fmnist_bench.data.sources import Source, sources
from fmnist_bench.data.verify import digest_of, read_own, read_published
from fmnist_bench.errors import BenchError

Say = Callable[[str], None]


def obtain(name: str, *, folder: Path | None, verify: bool, cache: Path, say: Say) -> Path:
    """Return a folder with the raw idx files of dataset `name`, named as `facts.FILE_NAMES`.

    A `folder` that the user names is the only source. Without it the cache is
    looked at, then each of `sources` in turn, and what is found is kept in
    `cache/<name>`. Two processes may call this at once; one of them fetches.

    Args:
        folder: holds the user's idx files, raw or gzipped.
        verify: compare with the published SHA-256; without it, which needs a
            `folder`, only the format is checked.
        say: told in one line each what was tried and what came of it.

    Raises:
        BenchError: a file in `folder` is missing or wrong, no source has the data,
            or the cache cannot be written.
    """
    title = dataset_facts(name).title
    if folder is not None:
        return _from_folder(name, folder, verify, cache, say)
    if not verify:
        raise BenchError(
            "data.verify=false: only for data of your own; name its folder with data.folder=FOLDER"
        )
    home = cache / name
    if _missing(name, home) is None:
        say(f"{title} from the cache ({home}): found")
        return home
    with _locked(cache, name, say):
        reason = _missing(name, home)  # again: another process may have fetched it meanwhile
        found = "found" if reason is None else f"passed over ({reason})"
        say(f"{title} from the cache ({home}): {found}")
        if reason is not None:
            _fetch(name, cache, say)
    return home


def data_digest(name: str, folder: Path, verify: bool) -> str:
    """Return the digest (hex) of the data in `folder`, as `obtain` returned it.

    For verified data it is the published dataset's, else that of the actual files.
    """
    if verify:
        return dataset_facts(name).digest
    contents = {part: read_unpacked(path) for part, path in raw_files(folder).items()}
    return digest_of(name, contents)


def _from_folder(name: str, folder: Path, verify: bool, cache: Path, say: Say) -> Path:
    title = dataset_facts(name).title
    files = find_files(name, folder)
    contents = read_published(name, files) if verify else read_own(files)
    what = "found" if verify else "found, taken without verification"
    if all(path.name == FILE_NAMES[p] and not is_gzip(path) for p, path in files.items()):
        say(f"{title} from {folder}: {what}")
        return next(iter(files.values())).parent
    # Keyed by content, so that nobody's own data can pass for the published or for another's.
    key = name if verify else f"own/{digest_of(name, contents)}"
    with _locked(cache, name, say):
        store(cache / key, contents)
    say(f"{title} from {folder}: {what}, unpacked to {cache / key}")
    return cache / key


def _missing(name: str, home: Path) -> str | None:
    """Say why the cache does not have the dataset, or None if it does."""
    if not home.is_dir():
        return "nothing there"
    try:
        read_published(name, raw_files(home))
    except BenchError as error:
        return str(error)
    return None


def _fetch(name: str, cache: Path, say: Say) -> None:
    title = dataset_facts(name).title
    scratch = cache / f".fetch-{name}"
    for left_by_killed_process in (cache / name).glob(".*"):
        left_by_killed_process.unlink()
    try:
        for source in sources(name):
            contents = _try(name, source, scratch, say)
            if contents is not None:
                store(cache / name, contents)
                return
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    raise BenchError(
        f"{title}: no source has it; put its four idx files in a folder and name that "
        "with data.folder=FOLDER"
    )


def _try(name: str, source: Source, scratch: Path, say: Say) -> dict[str, bytes] | None:
    """Return the verified content that `source` has, or None after saying why not."""
    line = f"{dataset_facts(name).title} from {source.title}"
    shutil.rmtree(scratch, ignore_errors=True)  # of the source before, or of a killed process
    try:
        scratch.mkdir(parents=True)
        found = source.fetch(scratch, lambda text: say(f"{line}: {text}"))
    except PassedOver as reason:
        say(f"{line}: passed over ({reason})")
        return None
    except OSError as error:
        raise BenchError(f"{scratch}: cannot be written ({error.strerror})") from None
    try:
        contents = read_published(name, find_files(name, found))
    except BenchError as error:
        say(f"{line}: passed over ({error})")
        return None
    say(f"{line}: found and verified")
    return contents


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
    except OSError as error:
        raise BenchError(
            f"{cache}: the cache cannot be written ({error.strerror}); name another folder"
        ) from None
    try:
        yield
    finally:
        lock.release()
