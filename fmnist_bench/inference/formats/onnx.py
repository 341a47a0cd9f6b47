"""ONNX, with scaling, resize and softmax inside the graph."""

import io
import warnings
from contextlib import redirect_stdout

import numpy as np
import onnx
import onnxruntime  # type: ignore[import-untyped]  # has neither types nor stubs
import onnxscript  # noqa: F401  # what torch.onnx.export needs; asked for here, to say so in time
import torch
from numpy.typing import NDArray

from fmnist_bench.errors import BenchError
from fmnist_bench.inference.exported import INPUT, OUTPUTS, Exported, Pixels, example, metadata
from fmnist_bench.inference.trained import TrainedRun
from fmnist_bench.nets.weights import first_line

SUFFIX = ".onnx"
OPSET = 18
"""The lowest that PyTorch's exporter is made for, which the most runtimes read."""


def export(run: TrainedRun) -> Exported:
    """Export `run` with one dynamic dimension, the batch.

    Raises:
        BenchError: PyTorch cannot express the net in ONNX.
    """
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")  # about PyTorch's own insides
            program = torch.onnx.export(
                run.graph,
                (example(run),),
                input_names=[INPUT],
                output_names=list(OUTPUTS),
                opset_version=OPSET,
                dynamic_shapes={"images": {0: torch.export.Dim("batch")}},
                dynamo=True,
                external_data=False,
                verbose=False,
            )
    except Exception as error:  # the exporter's own, the tracer's and the converter's
        raise BenchError(
            f"{run.name}: PyTorch cannot write this net as ONNX ({first_line(error)}); "
            "try --format torchscript"
        ) from None
    assert program is not None, "dynamo=True returns a program"
    model = program.model_proto
    onnx.helper.set_model_props(model, metadata(run))
    onnx.checker.check_model(model, full_check=True)
    content = model.SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])

    def answer(pixels: Pixels) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        logits, probabilities = session.run(list(OUTPUTS), {INPUT: pixels})
        return logits, probabilities

    return Exported({SUFFIX: content}, answer, (f"opset {OPSET}",))
