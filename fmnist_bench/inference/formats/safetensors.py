"""Plain weights, and beside them the config that says what to build around them."""

import json

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save

from fmnist_bench.inference.formats.exported import Exported, Pixels, metadata
from fmnist_bench.inference.load import build_graph, build_net, fill, read_state
from fmnist_bench.inference.trained import TrainedRun

SUFFIX = ".safetensors"
DESCRIPTION_SUFFIX = ".json"


def export(run: TrainedRun) -> Exported:
    """Export the weights of `run`, its config and metadata both inside and as JSON beside.

    A file of weights cannot hold the scaling and the resize; the JSON names the first, and
    the net that its config describes does the second.
    """
    facts = metadata(run)
    state = {name: value.cpu().contiguous() for name, value in run.net.state_dict().items()}
    content = save(state, metadata=facts)
    described = {**facts, "config": run.record.config, "class_names": run.class_names}
    description = json.dumps(described, indent=1, ensure_ascii=False) + "\n"
    net = build_net(run.record, run.name, run.trust)
    fill(net, read_state(content), run.name)
    graph = build_graph(run.record, net, run.name).eval()

    def answer(pixels: Pixels) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        with torch.inference_mode():
            logits, probabilities = graph(torch.from_numpy(pixels))
        return logits.numpy(), probabilities.numpy()

    remarks = ("scaling and resize are in the JSON's config, not in the weights",)
    return Exported({DESCRIPTION_SUFFIX: description.encode(), SUFFIX: content}, answer, remarks)
