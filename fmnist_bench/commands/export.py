"""`fmnist-bench export --run RUN --format FORMAT`: write a finished run for other programs."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fmnist_bench.commands.predict import add_run, chosen_run
from fmnist_bench.errors import BenchError
from fmnist_bench.files import atomic_write

if TYPE_CHECKING:
    from fmnist_bench.inference import TrainedRun
    from fmnist_bench.inference.exported import Agreement, Pixels

_IMAGES = 1000


def main(argv: list[str]) -> int:
    """Export the run that `argv` names and check the result on test images.

    Nothing is written, and 1 returned, if it does not say what PyTorch says.

    Raises:
        BenchError: the run, the format, the data or the place to write is wrong.
    """
    options = parser().parse_args(argv)
    # These import torch, which --help needs not.
    from fmnist_bench.inference.exported import compare
    from fmnist_bench.inference.formats import format_named

    form = format_named(options.format)
    run = chosen_run(options)
    out: Path = options.out or Path(f"{run.name}{form.suffix}")
    if out.suffix != form.suffix:
        raise BenchError(f"--out: {out}, expected a name ending in {form.suffix}")
    pixels, shown = _shown(run, options.data)
    exported = form.export(run)
    paths = {suffix: out.with_suffix(suffix) for suffix in exported.files}
    for path in paths.values():
        if path.exists():
            raise BenchError(f"{path}: exists; delete it or choose another --out")
    agreement = compare(run, exported.answer, pixels)
    if not agreement.good:
        print(f"fmnist-bench: {out}: not written; {_told(agreement, shown)}", file=sys.stderr)
        return 1
    for suffix, path in paths.items():
        with atomic_write(path) as file:
            file.write(exported.files[suffix])
        print(f"{path}: {len(exported.files[suffix]):,} bytes")
    print(f"checked against PyTorch: {_told(agreement, shown)}")
    if run.record.precision != "32-true":
        print(f"exported in 32-bit floats; the run was scored in {run.record.precision}")
    for remark in exported.remarks:
        print(remark)
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what the command takes."""
    parser = argparse.ArgumentParser(
        prog="fmnist-bench export",
        description="Write a finished run for other programs. Input: uint8 images "
        "(batch, channels, height, width), 0 to 255. Outputs: logits and probabilities, "
        "(batch, classes).",
        epilog="Status 0: written; 1: the result differs from PyTorch's, nothing is written.",
    )
    add_run(parser)
    parser.add_argument("--format", required=True, help="onnx, torchscript or safetensors")
    parser.add_argument("--out", type=Path, help="the file (default: the run's name, here)")
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="idx files of a run on data of your own"
    )
    return parser


def _shown(run: "TrainedRun", folder: Path | None) -> tuple["Pixels", str]:
    """Return what export and run are both asked about, and what to call it.

    That is test images, or noise for a run whose data module is not the suite's.
    """
    import numpy as np

    from fmnist_bench.data.batches import as_tensors
    from fmnist_bench.data.facts import published_facts
    from fmnist_bench.data.obtain import obtain
    from fmnist_bench.data.parts import data_digest, read_part
    from fmnist_bench.jobs.prepare import OURS
    from fmnist_bench.paths import cache_dir

    data = run.record.data
    if (run.record.recipe or {})["data"].get("_target_") != OURS:
        noise = np.random.default_rng(0).integers(0, 256, (_IMAGES, *run.image_shape), np.uint8)
        unscaled = data.pixel_scaling is not None
        return (noise if unscaled else (noise / 128.0 - 1).astype(np.float32)), "noise images"
    if folder is None and published_facts(data.name, data.digest) is None:
        raise BenchError(f"{run.name}: was trained on data of its own; name it with --data DIR")
    found = obtain(data.name, folder=folder, verify=folder is None, cache=cache_dir(), say=_say)
    if data_digest(found) != data.digest:
        raise BenchError(f"--data: {folder} does not hold the data of this run; name what does")
    images, _ = as_tensors(read_part(found, "test_images"), read_part(found, "test_labels"))
    return images[:_IMAGES].numpy(), "test images"


def _told(agreement: "Agreement", shown: str) -> str:
    others = agreement.other_classes
    *some, last = (str(size) for size in agreement.batches)
    batches = f"{', '.join(some)} and {last}" if some else last
    return (
        f"{agreement.images:,} {shown} in batches of {batches}, "
        f"{f'{others} of another class' if others else 'same classes'}, largest difference "
        f"{agreement.logits:.1e} in logits, {agreement.probabilities:.1e} in probabilities"
    )


def _say(line: str) -> None:
    print(line, file=sys.stderr)
