"""Plain weights, and beside them the recipe that says what to build around them."""

import json

from safetensors.torch import save

from fmnist_bench.inference.exported import Exported, answering, metadata
from fmnist_bench.inference.load import rebuild
from fmnist_bench.inference.trained import TrainedRun

SUFFIX = ".safetensors"
DESCRIPTION_SUFFIX = ".json"


def export(run: TrainedRun) -> Exported:
    """Export the weights of `run`, its recipe and metadata both inside and as JSON beside.

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
    files = {DESCRIPTION_SUFFIX: description.encode(), SUFFIX: content}
    return Exported(files, answering(graph.eval()), (remark,))
