"""What the process of a run does around it; here in the test's own process."""

import logging
from collections.abc import Callable, Iterator

import pytest
from PIL import Image

from fmnist_bench.jobs import worker
from fmnist_bench.records.record import read_record
from fmnist_bench.records.spec import Spec

MakeSpec = Callable[..., Spec]
PICTURES = ["confusion.png", "confusion.svg", "curves.png", "curves.svg"]


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    before = worker.log.handlers, worker.log.level, worker.log.propagate
    yield
    for handler in worker.log.handlers:
        handler.close()
    worker.log.handlers, worker.log.level, worker.log.propagate = before
    logging.captureWarnings(False)


def pictures(spec: Spec) -> list[str]:
    return sorted(path.name for path in spec.folder.iterdir() if path.suffix in {".png", ".svg"})


def test_a_run_leaves_its_pictures(make_spec: MakeSpec) -> None:
    spec = make_spec()
    assert worker.main(spec.folder) == 0
    assert pictures(spec) == PICTURES
    for name in PICTURES[::2]:
        with Image.open(spec.folder / name) as picture:
            assert min(picture.size) > 400


@pytest.mark.parametrize("override", ["protocol.test=never", "limit_batches=2"])
def test_a_trial_and_a_smoke_run_leave_none(make_spec: MakeSpec, override: str) -> None:
    spec = make_spec(override)
    assert worker.main(spec.folder) == 0
    assert pictures(spec) == []


def test_a_picture_that_fails_does_not_lose_the_run(
    make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_fonts(*_: object) -> None:
        raise RuntimeError("no fonts here")

    monkeypatch.setattr("fmnist_bench.pictures.run.draw_run", no_fonts)
    spec = make_spec()
    assert worker.main(spec.folder) == 0
    assert read_record(spec.folder).status == "done"
    assert "no fonts here" in (spec.folder / worker.LOG_FILE).read_text()
