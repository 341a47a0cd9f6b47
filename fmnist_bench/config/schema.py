"""The shape of a run's config: every top-level key with its type, and no value.

Values live in conf/. Hydra refuses an unknown key or a wrong type because this class is the
first entry of conf/config.yaml's defaults list. What is instantiated is open here: its
arguments are checked against what its `_target_` takes.
"""

from dataclasses import dataclass
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING, OmegaConf


@dataclass
class Protocol:
    """How the training images are used and which weights are scored."""

    name: str = MISSING
    split: str = MISSING
    validation: int = MISSING
    split_seed: int = MISSING
    weights: str = MISSING
    test: str | None = MISSING


@dataclass
class Speed:
    threads: int | None = MISSING
    channels_last: bool = MISSING
    compile: Any = MISSING


@dataclass
class Fastest(Speed):
    """Measured for one model on one kind of processor."""

    precision: str = MISSING


@dataclass
class RowLabels:
    name: str = MISSING
    classifier: str = MISSING
    submitter: str = MISSING
    code: str = MISSING
    seeds: int = MISSING
    datasets: list[str] = MISSING
    published_epochs: int | None = MISSING
    note: str | None = MISSING


@dataclass
class Paths:
    outputs: str = MISSING


@dataclass
class Config:
    seed: int = MISSING
    epochs: int = MISSING
    batch_size: int = MISSING
    eval_batch_size: int = MISSING
    drop_last: bool = MISSING
    label_smoothing: float = MISSING
    decay_norm_and_bias: bool = MISSING
    grad_clip: float | None = MISSING
    limit_batches: int | None = MISSING
    test_time_flip: bool = MISSING
    warm_up_steps: int | None = MISSING
    precision: str = MISSING
    matmul_precision: str = MISSING
    time_limit_seconds: float | None = MISSING
    data: Any = MISSING
    augment: Any = MISSING
    model: Any = MISSING
    optimizer: Any = MISSING
    schedule: Any = MISSING
    callbacks: Any = MISSING
    trainer: Any = MISSING
    logger: Any = MISSING
    protocol: Protocol = MISSING
    speed: Speed = MISSING
    fastest: dict[str, Fastest] = MISSING
    parent: Any = MISSING
    paths: Paths = MISSING
    row: RowLabels = MISSING


OPEN = ("data", "augment", "model", "optimizer", "schedule", "callbacks", "trainer", "logger")
"""Nodes whose keys are the arguments of what they instantiate to, or names of such nodes."""


def register() -> None:
    """Store the schema where conf/'s defaults list finds it."""
    schema = OmegaConf.structured(Config)
    for name in OPEN:
        schema[name] = {}
        OmegaConf.set_struct(schema[name], False)
    ConfigStore.instance().store(name="schema", node=schema)
