"""Three kinds of key: what can change what is learned, where it runs, and who is told.

Every key of a config belongs to exactly one of them, and what no list here names is recipe.
"""

from collections.abc import Mapping
from typing import Any

SOURCES = (
    "augment",
    "batch_size",
    "decay_norm_and_bias",
    "drop_last",
    "epochs",
    "eval_batch_size",
    "fastest",
    "grad_clip",
    "label_smoothing",
    "limit_batches",
    "optimizer",
    "precision",
    "schedule",
)
"""Top-level keys that are nothing by themselves: others take their values by interpolation."""

MACHINE = ("speed", "time_limit_seconds")
MACHINE_FLAGS = ("accelerator", "benchmark", "deterministic", "devices", "num_nodes", "strategy")
"""Flags of Lightning's Trainer that say where a run runs."""

REPORT = ("logger", "paths", "row")
REPORT_FLAGS = (
    "detect_anomaly",
    "enable_model_summary",
    "enable_progress_bar",
    "log_every_n_steps",
    "profiler",
)
"""Flags of Lightning's Trainer that only watch."""

WATCHERS = (
    "DeviceStatsMonitor",
    "LearningRateMonitor",
    "ModelSummary",
    "RichModelSummary",
    "RichProgressBar",
    "TQDMProgressBar",
    "ThroughputMonitor",
)
"""Callbacks of Lightning that only watch."""

PLACES = ("data.folder", "model.net.weights", "model.teacher.weights", "parent.folder")
"""Paths of one machine; what lies there counts, through a digest."""

RECIPE = (
    "callbacks",
    "data",
    "matmul_precision",
    "model",
    "parent",
    "protocol",
    "seed",
    "test_time_flip",
    "trainer",
    "warm_up_steps",
)


def recipe_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of the frozen `config` that can change what is learned.

    A top-level key that is null is left out: a feature that is off is as one that a later
    version brings.
    """
    recipe = {key: config[key] for key in RECIPE if config.get(key) is not None}
    recipe["trainer"] = {
        flag: value
        for flag, value in config["trainer"].items()
        if flag not in MACHINE_FLAGS and flag not in REPORT_FLAGS
    }
    recipe["callbacks"] = {
        name: node for name, node in config["callbacks"].items() if not watches(node)
    }
    for place in PLACES:
        recipe = _without(recipe, place.split("."))
    return recipe


def watches(callback: Mapping[str, Any]) -> bool:
    """Whether the config of a callback names one that cannot change what is learned."""
    module, _, name = str(callback.get("_target_")).rpartition(".")
    return name in WATCHERS and module.startswith(("pytorch_lightning.", "lightning."))


def _without(config: dict[str, Any], path: list[str]) -> dict[str, Any]:
    name, *inner = path
    if name not in config:
        return config
    if not inner:
        return {key: value for key, value in config.items() if key != name}
    child = config[name]
    return {**config, name: _without(child, inner)} if isinstance(child, dict) else config
