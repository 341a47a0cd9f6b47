"""The file formats that a run is exported to: each is written and read back."""

import io
import json
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save

from fmnist_bench.errors import BenchError
from fmnist_bench.inference.exported import (
    INPUT,
    OUTPUTS,
    Exported,
    Pixels,
    answering,
    example,
    metadata,
)
from fmnist_bench.inference.load import rebuild
from fmnist_bench.inference.trained import TrainedRun
from fmnist_bench.nets.weights import first_line

OPSET = 18
"""The lowest that PyTorch's exporter is made for, which the most runtimes read."""


@dataclass
class Format:
    """What its files end in, how it is written, and the packages that this takes."""

    suffix: str
    export: Callable[[TrainedRun], Exported]
    packages: tuple[str, ...] = ()


def format_named(name: str) -> Format:
    """Return the format called `name`.

    Raises:
        BenchError: there is no such format, or a package that it needs is missing.
    """
    if name not in FORMATS:
        raise BenchError(f"--format: {name!r}, expected one of {', '.join(FORMATS)}")
    for package in FORMATS[name].packages:
        if find_spec(package) is None:
            raise BenchError(
                f"--format {name}: needs the package {package}; "
                "pip install 'fmnist-bench[export]', in a clone scripts/setup export"
            )
    return FORMATS[name]


def _onnx(run: TrainedRun) -> Exported:
    """Write ONNX with scaling, resize and softmax inside, and one open dimension, the batch."""
    import onnx
    import onnxruntime  # type: ignore[import-untyped]  # has neither types nor stubs

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

    return Exported({".onnx": content}, answer, (f"opset {OPSET}",))


def _torchscript(run: TrainedRun) -> Exported:
    """Write a traced module with scaling, resize and softmax; metadata in an extra file inside."""
    buffer, extra = io.BytesIO(), {"metadata.json": json.dumps(metadata(run))}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the deprecation, and shapes that do not vary
        try:
            # As LightningModule.to_torchscript does: without it there must be a Trainer.
            vars(run.graph.model)["_jit_is_scripting"] = True
            with torch.no_grad():
                traced = torch.jit.trace(  # type: ignore[no-untyped-call]  # PyTorch has no types
                    run.graph, (example(run),), check_trace=False
                )
            torch.jit.save(traced, buffer, _extra_files=extra)
        except Exception as error:  # whatever the net's own code raises under the tracer
            raise BenchError(
                f"{run.name}: PyTorch cannot trace this net ({first_line(error)}); try "
                "--format onnx"
            ) from None
        content = buffer.getvalue()
        module = torch.jit.load(io.BytesIO(content))  # type: ignore[no-untyped-call]  # as above
    remark = "deprecated by PyTorch; onnx will last longer"
    return Exported({".pt": content}, answering(module.eval()), (remark,))


def _safetensors(run: TrainedRun) -> Exported:
    """Write the weights, with recipe and metadata both inside and as JSON beside.

    A file of weights cannot hold the scaling and the resize; the JSON names the first, and
    the net that its recipe describes does the second.
    """
    facts = metadata(run)
    state = {name: value.cpu().contiguous() for name, value in run.net.state_dict().items()}
    content = save(state, metadata=facts)
    described = {**facts, "recipe": run.record.recipe, "class_names": run.class_names}
    description = json.dumps(described, indent=1, ensure_ascii=False) + "\n"
    graph, _ = rebuild(run.record, content, run.folder, run.trust)
    remark = "scaling and resize are in the JSON's recipe, not in the weights"
    files = {".json": description.encode(), ".safetensors": content}
    return Exported(files, answering(graph.eval()), (remark,))


FORMATS = {
    "onnx": Format(".onnx", _onnx, ("onnx", "onnxruntime", "onnxscript")),
    "torchscript": Format(".pt", _torchscript),
    "safetensors": Format(".safetensors", _safetensors),
}
