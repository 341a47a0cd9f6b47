"""TorchScript, with scaling, resize and softmax inside. PyTorch has deprecated the format."""

import io
import json
import warnings

import torch

from fmnist_bench.errors import BenchError
from fmnist_bench.inference.exported import Exported, answering, example, metadata
from fmnist_bench.inference.trained import TrainedRun
from fmnist_bench.nets.weights import first_line

SUFFIX = ".pt"
EXTRA_FILE = "metadata.json"


def export(run: TrainedRun) -> Exported:
    """Export `run` by tracing; the batch stays dynamic. Metadata lies in an extra file inside.

    Raises:
        BenchError: the net cannot be traced.
    """
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the deprecation, and shapes that do not vary
        try:
            # As LightningModule.to_torchscript does: without it there must be a Trainer.
            vars(run.graph.model)["_jit_is_scripting"] = True
            with torch.no_grad():
                traced = torch.jit.trace(  # type: ignore[no-untyped-call]  # PyTorch has no types
                    run.graph, (example(run),), check_trace=False
                )
            torch.jit.save(traced, buffer, _extra_files={EXTRA_FILE: json.dumps(metadata(run))})
        except Exception as error:  # whatever the net's own code raises under the tracer
            raise BenchError(
                f"{run.name}: PyTorch cannot trace this net ({first_line(error)}); try "
                "--format onnx"
            ) from None
        content = buffer.getvalue()
        module = torch.jit.load(io.BytesIO(content))  # type: ignore[no-untyped-call]  # as above
    remark = "deprecated by PyTorch; onnx will last longer"
    return Exported({SUFFIX: content}, answering(module.eval()), (remark,))
