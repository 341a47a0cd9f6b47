"""Which trainer and kind of processor a machine has, from what Linux and the driver say of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fmnist_bench.config import machine as module

ZEN_4 = "vendor_id\t: AuthenticAMD\nflags\t\t: fpu avx512f avx512_bf16 avx512_vnni\n"
SAPPHIRE_RAPIDS = "vendor_id\t: GenuineIntel\nflags\t\t: fpu avx512_bf16 amx_bf16 amx_tile\n"
AMX_ALONE = "vendor_id\t: GenuineIntel\nflags\t\t: fpu avx512f amx_bf16\n"
SKYLAKE = "vendor_id\t: GenuineIntel\nflags\t\t: fpu avx512f avx512_vnni\n"
NOT_QUITE = "flags\t\t: fpu not_avx512_bf16 amx_bf16x\n"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine without an NVIDIA GPU, by the folder of its cpuinfo and its programs."""
    monkeypatch.setenv("PATH", str(tmp_path))
    for asked_once in (module.has_nvidia_gpu, module._multiplies_in_bf16):
        asked_once.cache_clear()
    monkeypatch.setattr(module, "CPUINFO", tmp_path / "cpuinfo")
    yield tmp_path
    for asked_once in (module.has_nvidia_gpu, module._multiplies_in_bf16):
        asked_once.cache_clear()


@pytest.mark.parametrize(
    ("cpuinfo", "kind"),
    [
        (ZEN_4, "cpu_bf16"),
        (SAPPHIRE_RAPIDS, "cpu_bf16"),
        (AMX_ALONE, "cpu_bf16"),
        (SKYLAKE, "cpu"),
        (NOT_QUITE, "cpu"),
    ],
)
def test_a_processor_is_told_by_its_flags(machine: Path, cpuinfo: str, kind: str) -> None:
    (machine / "cpuinfo").write_text(cpuinfo)
    assert (module.fastest_trainer(), module.processor("cpu")) == ("cpu", kind)


def test_without_a_cpuinfo_it_is_the_plain_cpu(machine: Path) -> None:
    assert module.processor("cpu") == "cpu"
    assert module.processor("gpu") == "gpu"


@pytest.mark.parametrize(
    ("answer", "trainer"),
    [
        ("echo 'GPU 0: NVIDIA H100'", "gpu"),
        ("echo 'No devices were found'", "cpu"),
        ("exit 9", "cpu"),
    ],
)
def test_an_nvidia_gpu_goes_first_if_its_driver_lists_it(
    machine: Path, answer: str, trainer: str
) -> None:
    (machine / "cpuinfo").write_text(ZEN_4)
    program = machine / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{answer}\n")
    program.chmod(0o755)
    assert module.fastest_trainer() == trainer
