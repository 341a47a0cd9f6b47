"""`fmnist-bench export --run RUN --format FORMAT`: write a finished run for other programs."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fmnist_bench.errors import BenchError
from fmnist_bench.files import atomic_write

if TYPE_CHECKING:
    from fmnist_bench.inference import TrainedRun
    from fmnist_bench.inference.agreement import Agreement
    from fmnist_bench.inference.formats.exported import Pixels

_IMAGES = 1000


def main(argv: list[str]) -> int:
    """Export the run that `argv` names and check the result on test images.

    Nothing is written, and 1 returned, if it does not say what PyTorch says.

    Raises:
        BenchError: the run, the format, the data or the place to write is wrong.
    """
    options = _parser().parse_args(argv)
    from fmnist_bench.inference import load_run  # imports torch, which --help does without
    from fmnist_bench.inference.agreement import compare
    from fmnist_bench.inference.formats import format_named

    form = format_named(options.format)
    run = load_run(options.run, trust=options.trust)
    out: Path = options.out or Path(f"{run.name}{form.SUFFIX}")
    if out.suffix != form.SUFFIX:
        raise BenchError(f"--out: {out}, expected a name ending in {form.SUFFIX}")
    pixels = _test_images(run, options.data)
    exported = form.export(run)
    paths = {suffix: out.with_suffix(suffix) for suffix in exported.files}
    for path in paths.values():
        if path.exists():
            raise BenchError(f"{path}: exists; delete it or choose another --out")
    agreement = compare(run, exported.answer, pixels)
    if not agreement.good:
        print(f"fmnist-bench: {out}: not written; {_told(agreement)}", file=sys.stderr)
        return 1
    for suffix, path in paths.items():
        with atomic_write(path) as file:
            file.write(exported.files[suffix])
        print(f"{path}: {len(exported.files[suffix]):,} bytes")
    print(f"checked against PyTorch: {_told(agreement)}")
    for remark in (*_precision(run), *exported.remarks):
        print(remark)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fmnist-bench export",
        description="Write a finished run for other programs. Input: uint8 images "
        "(batch, 1, 28, 28), 0 to 255. Outputs: logits and probabilities, (batch, 10).",
        epilog="Status 0: written; 1: the result differs from PyTorch's, nothing is written.",
    )
    parser.add_argument("--run", required=True, help="the run's folder, name or its beginning")
    parser.add_argument("--format", required=True, help="onnx, torchscript or safetensors")
    parser.add_argument("--out", type=Path, help="the file (default: the run's name, here)")
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="idx files of a run on data of your own"
    )
    parser.add_argument(
        "--trust",
        action="append",
        default=[],
        metavar="NAME",
        help="a net outside this suite that the record may import and run",
    )
    return parser


def _test_images(run: "TrainedRun", folder: Path | None) -> "Pixels":
    from fmnist_bench.data.facts import FILE_NAMES, dataset_facts
    from fmnist_bench.data.idx import read_idx
    from fmnist_bench.data.obtain import obtain
    from fmnist_bench.paths import cache_dir

    name = run.record.dataset
    if folder is None and run.record.data_digest != dataset_facts(name).digest:
        raise BenchError(f"{run.name}: was trained on data of its own; name it with --data DIR")
    found = obtain(name, folder=folder, verify=folder is None, cache=cache_dir(), say=_say)
    images = read_idx(found / FILE_NAMES["test_images"])
    return images[:_IMAGES, None]


def _told(agreement: "Agreement") -> str:
    classes = (
        f"{agreement.other_classes} of another class"
        if agreement.other_classes
        else ("same classes")
    )
    *some, last = (str(size) for size in agreement.batches)
    batches = f"{', '.join(some)} and {last}" if some else last
    return (
        f"{agreement.images:,} test images in batches of {batches}, {classes}, largest difference "
        f"{agreement.logits:.1e} in logits, {agreement.probabilities:.1e} in probabilities"
    )


def _precision(run: "TrainedRun") -> tuple[str, ...]:
    if run.record.precision == "32-true":
        return ()
    return (f"exported in 32-bit floats; the run was scored in {run.record.precision}",)


def _say(line: str) -> None:
    print(line, file=sys.stderr)
