import json
from collections.abc import Callable
from pathlib import Path

import pytest
from perf.result import Result, read_results, render, section, write_result

from fmnist_bench.errors import BenchError

RESULTS = Path(__file__).parents[2] / "results"
EXPECTED = """\
## Input pipeline

Batches only.

| 3 rounds | images/s |
| --- | --- |
| ours | 10,000 (9,000 .. 12,000) |
| theirs | 250 (100 .. 300) |

| Ratio | Measured | Goal |  |
| --- | --- | --- | --- |
| ours / theirs | 40.00 (30.00 .. 120.00) | at least 30 | met |
| ours | 10,000.00 (9,000.00 .. 12,000.00) | at most 5000 images/s | missed |

A CPU, 2 cores, 2 threads, 24 GiB, Linux x86_64; others used at most 4 % of the processor. \
python 3.11.7, torch 2.15.0. Commit 0123456789ab.
"""


def test_a_section_holds_the_ratio_of_each_round_not_of_the_medians(
    make_result: Callable[..., Result],
) -> None:
    # By round 30, 120 and 40.
    assert section(make_result()) == EXPECTED


def test_a_gpu_is_named_before_the_cpu(make_result: Callable[..., Result]) -> None:
    hardware = make_result().hardware.model_copy(update={"device": "A GPU"})
    text = section(make_result(hardware=hardware.model_dump()))
    assert "\nA GPU, A CPU, 2 cores" in text


def test_the_published_page_is_what_its_json_says(tmp_path: Path) -> None:
    results = read_results(RESULTS / "performance")
    assert render(results) == (RESULTS / "performance.md").read_text()
    for result in results:
        written = write_result(tmp_path, result)
        assert written.read_bytes() == (RESULTS / "performance" / written.name).read_bytes()


@pytest.mark.parametrize(
    ("changed", "named"), [({"rounds": [{"ours": 0}]}, "rounds.0.ours"), ({"unit": None}, "unit")]
)
def test_a_broken_file_is_named(
    changed: dict[str, object], named: str, make_result: Callable[..., Result], tmp_path: Path
) -> None:
    path = write_result(tmp_path, make_result())
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))
    with pytest.raises(BenchError) as caught:
        read_results(tmp_path)
    assert str(caught.value).startswith(f"{path}: ")
    assert f" {named} " in str(caught.value)
    assert "\n" not in str(caught.value)
