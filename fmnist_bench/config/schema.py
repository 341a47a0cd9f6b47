"""The shape of a run's config: every key with its type, and no value.

Values live in conf/. Hydra refuses an unknown key or a wrong type because these
classes are the first entry of conf/config.yaml's defaults list.
"""

from dataclasses import dataclass
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING


@dataclass
class Data:
    name: str = MISSING
    folder: str | None = MISSING
    verify: bool = MISSING
    scaling: str = MISSING


@dataclass
class Protocol:
    """How the 60,000 training images are used and which weights are scored."""

    name: str = MISSING
    split: str = MISSING
    validation: int = MISSING
    split_seed: int = MISSING
    weights: str = MISSING
    test: str | None = MISSING


@dataclass
class Trainer:
    profile: str = MISSING
    accelerator: str = MISSING
    devices: int = MISSING
    device_index: int | None = MISSING
    strategy: str = MISSING
    threads: int | None = MISSING
    deterministic: bool = MISSING
    limit_batches: int | None = MISSING
    progress_bar: bool = MISSING
    time_limit_seconds: float | None = MISSING


@dataclass
class Ema:
    decay: float = MISSING
    every_n_steps: int = MISSING
    start_step: int = MISSING


@dataclass
class EarlyStopping:
    monitor: str = MISSING
    patience: int = MISSING
    min_delta: float = MISSING


@dataclass
class Speed:
    precision: str = MISSING
    channels_last: bool = MISSING
    compile: Any = MISSING
    threads: int | None = MISSING
    matmul_precision: str | None = MISSING


@dataclass
class Row:
    name: str = MISSING
    classifier: str = MISSING
    submitter: str = MISSING
    code: str = MISSING
    seeds: int = MISSING
    datasets: list[str] = MISSING


@dataclass
class Paths:
    outputs: str = MISSING


@dataclass
class Run:
    seed: int = MISSING
    epochs: int = MISSING
    batch_size: int = MISSING
    eval_batch_size: int = MISSING
    drop_last: bool = MISSING
    label_smoothing: float = MISSING
    decay_norm_and_bias: bool = MISSING
    grad_clip: float | None = MISSING
    test_time_flip: bool = MISSING
    warm_up_steps: int | None = MISSING
    precision: str = MISSING
    channels_last: bool = MISSING
    compile: Any = MISSING
    matmul_precision: str | None = MISSING
    ema: Ema | None = MISSING
    early_stopping: EarlyStopping | None = MISSING
    data: Data = MISSING
    augment: Any = MISSING
    model: Any = MISSING
    optimizer: Any = MISSING
    schedule: Any = MISSING
    protocol: Protocol = MISSING
    trainer: Trainer = MISSING
    logger: Any = MISSING
    paths: Paths = MISSING
    row: Row = MISSING
    speed: dict[str, Speed] = MISSING


@dataclass
class Sgd:
    _target_: str = "torch.optim.SGD"
    _partial_: bool = True
    lr: float = MISSING
    momentum: float = MISSING
    nesterov: bool = MISSING
    weight_decay: float = MISSING
    fused: bool = MISSING


@dataclass
class Adam:
    _target_: str = "torch.optim.Adam"
    _partial_: bool = True
    lr: float = MISSING
    betas: tuple[float, float] = MISSING
    eps: float = MISSING
    weight_decay: float = MISSING
    fused: bool = MISSING


@dataclass
class AdamW(Adam):
    _target_: str = "torch.optim.AdamW"


def register() -> None:
    """Store the schema where conf/'s defaults lists find it."""
    store = ConfigStore.instance()
    store.store(name="schema", node=Run)
    for name, node in (("sgd", Sgd), ("adam", Adam), ("adamw", AdamW)):
        store.store(group="optimizer", name=f"schema_{name}", node=node)
