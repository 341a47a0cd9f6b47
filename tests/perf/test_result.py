import json
from collections.abc import Callable
from pathlib import Path

import pytest

from fmnist_bench.errors import BenchError
from fmnist_bench.perf.result import Result, read_results, write_result


def test_what_was_written_is_read(make_result: Callable[..., Result], tmp_path: Path) -> None:
    second, first = make_result(name="template"), make_result()
    for result in (second, first):
        write_result(tmp_path, result)
    assert read_results(tmp_path) == [first, second]


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("{", "content"),
        ("{}", "name"),
        (json.dumps({"rounds": [{"ours": -1}]}), "name"),
    ],
)
def test_a_broken_file_is_named(content: str, named: str, tmp_path: Path) -> None:
    path = tmp_path / "input.json"
    path.write_text(content)
    with pytest.raises(BenchError) as caught:
        read_results(tmp_path)
    assert str(caught.value).startswith(f"{path}: {named}: ")
    assert "\n" not in str(caught.value)


def test_figures_must_be_positive(make_result: Callable[..., Result], tmp_path: Path) -> None:
    content = make_result().model_dump(mode="json")
    content["rounds"][1]["ours"] = 0
    (tmp_path / "input.json").write_text(json.dumps(content))
    with pytest.raises(BenchError, match=r"rounds\.1\.ours"):
        read_results(tmp_path)
