"""TorchScript, with scaling, resize and softmax inside. PyTorch has deprecated the format."""

import io
import json
import warnings

import numpy as np
import torch
from numpy.typing import NDArray

from fmnist_bench.errors import BenchError
from fmnist_bench.inference.formats.exported import Exported, Pixels, metadata
from fmnist_bench.inference.trained import TrainedRun
from fmnist_bench.nets.weights import first_line

SUFFIX = ".pt"
EXTRA_FILE = "metadata.json"


def export(run: TrainedRun) -> Exported:
    """Export `run` by tracing; the batch stays dynamic. Metadata lies in an extra file inside.

    Raises:
        BenchError: the net cannot be traced.
    """
    content = _traced(run)
    module = _loaded(content)

    def answer(pixels: Pixels) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        with torch.inference_mode():
            logits, probabilities = module(torch.from_numpy(pixels))
        return logits.numpy(), probabilities.numpy()

    return Exported({SUFFIX: content}, answer, ("deprecated by PyTorch; onnx will last longer",))


def _traced(run: TrainedRun) -> bytes:
    example = torch.zeros(2, 1, 28, 28, dtype=torch.uint8)
    buffer = io.BytesIO()
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # the deprecation, and shapes that do not vary
            traced = torch.jit.trace(  # type: ignore[no-untyped-call]  # PyTorch has no types here
                run.graph, (example,), check_trace=False
            )
            extra = {EXTRA_FILE: json.dumps(metadata(run))}
            torch.jit.save(traced, buffer, _extra_files=extra)
    except Exception as error:  # whatever the net's own code raises under the tracer
        raise BenchError(
            f"{run.name}: PyTorch cannot trace this net ({first_line(error)}); try --format onnx"
        ) from None
    return buffer.getvalue()


def _loaded(content: bytes) -> torch.jit.ScriptModule:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        module: torch.jit.ScriptModule = torch.jit.load(  # type: ignore[no-untyped-call]  # as above
            io.BytesIO(content)
        )
    return module.eval()
