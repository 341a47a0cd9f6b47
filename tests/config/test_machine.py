"""What a machine is, from what Linux and the driver say of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fmnist_bench.config import machine

ZEN_4 = "vendor_id\t: AuthenticAMD\nflags\t\t: fpu avx512f avx512_bf16 avx512_vnni\n"
SAPPHIRE_RAPIDS = "vendor_id\t: GenuineIntel\nflags\t\t: fpu avx512_bf16 amx_bf16 amx_tile\n"
AMX_ALONE = "vendor_id\t: GenuineIntel\nflags\t\t: fpu avx512f amx_bf16\n"
SKYLAKE = "vendor_id\t: GenuineIntel\nflags\t\t: fpu avx512f avx512_vnni\n"
NOT_QUITE = "flags\t\t: fpu not_avx512_bf16 amx_bf16x\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine without an NVIDIA GPU, by the folder of its cpuinfo and its programs."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(machine, "CPUINFO", tmp_path / "cpuinfo")
    asked = (machine.nvidia_gpus, machine._multiplies_in_bf16)
    for each in asked:
        each.cache_clear()
    yield tmp_path
    for each in asked:
        each.cache_clear()


@pytest.mark.parametrize(
    ("cpuinfo", "processor"),
    [
        (ZEN_4, "cpu_bf16"),
        (SAPPHIRE_RAPIDS, "cpu_bf16"),
        (AMX_ALONE, "cpu_bf16"),
        (SKYLAKE, "cpu"),
        (NOT_QUITE, "cpu"),
        (None, "cpu"),
    ],
)
def test_a_processor_is_told_by_its_flags(here: Path, cpuinfo: str | None, processor: str) -> None:
    if cpuinfo is not None:
        (here / "cpuinfo").write_text(cpuinfo)
    assert machine.processor("cpu") == processor
    assert machine.processor("gpu") == machine.processor("cuda") == "gpu"
    assert machine.processor("mps") == "cpu"
    assert machine.fastest_trainer() == "cpu"


@pytest.mark.parametrize(
    ("answer", "trainer"),
    [
        ("echo 'GPU 0: NVIDIA H100'", "gpu"),
        ("echo 'No devices were found'", "cpu"),
        ("exit 9", "cpu"),
    ],
)
def test_an_nvidia_gpu_goes_first_if_its_driver_lists_it(
    here: Path, answer: str, trainer: str
) -> None:
    (here / "cpuinfo").write_text(ZEN_4)
    program = here / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{answer}\n")
    program.chmod(0o755)
    assert machine.fastest_trainer() == trainer
