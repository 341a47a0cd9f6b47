from collections.abc import Callable

from fmnist_bench.perf.render import render, section
from fmnist_bench.perf.result import Result

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


def test_rendering_is_pure_and_holds_every_result(make_result: Callable[..., Result]) -> None:
    results = [make_result(), make_result(name="other", title="Another")]
    page = render(results)
    assert page == render(results)
    assert page.startswith("# Performance\n")
    assert EXPECTED in page
    assert "## Another\n" in page


def test_a_gpu_is_named_before_the_cpu(make_result: Callable[..., Result]) -> None:
    hardware = make_result().hardware.model_copy(update={"device": "A GPU"})
    text = section(make_result(hardware=hardware.model_dump()))
    assert "\nA GPU, A CPU, 2 cores" in text
