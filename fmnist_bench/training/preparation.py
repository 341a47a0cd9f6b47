"""What happens between the data's set-up and the first step, before devices are touched."""

from collections.abc import Callable, Mapping
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback

from fmnist_bench.data.served import check_serves_images
from fmnist_bench.training.contract import check_scores
from fmnist_bench.training.cost import mac_count, parameter_count
from fmnist_bench.training.image_sizes import epoch_macs, image_shape
from fmnist_bench.training.speed import speed_up
from fmnist_bench.training.warm_up import warm_up


class Preparation(Callback):
    """Sees that data and model fit, counts what the net costs, and speeds it up.

    It comes first in the list of callbacks, before the clock of timed runs.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._config = config
        self.image_shape: tuple[int, ...] = ()
        # None of a net that has no parameters: what it does is not counted in products.
        self.parameters: int | None = None
        self.macs: int | None = None
        self._epoch_macs: Callable[[int], int] = lambda epoch: 0
        self.fast_layers: list[str] = []

    def training_macs(self, epochs: int, images: int) -> int | None:
        """Return the multiply-accumulates of training on `images`, an equal share in each epoch.

        None of a net that has no parameters.
        """
        if self.parameters is None:
            return None
        return sum(self._epoch_macs(epoch) for epoch in range(epochs)) * images // max(epochs, 1)

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        if stage != "fit":
            return
        data = trainer.datamodule  # type: ignore[attr-defined]  # set by fit(datamodule=...)
        check_serves_images(data)
        self.image_shape = image_shape(data)
        check_scores(pl_module, torch.zeros(1, *self.image_shape), len(data.class_names))
        net: Any = pl_module.net
        if count := parameter_count(net):
            self.parameters, self.macs = count, mac_count(pl_module, self.image_shape)
            self._epoch_macs = epoch_macs(pl_module, trainer.callbacks, self.image_shape)  # type: ignore[attr-defined]  # what it was made with
        self.fast_layers = speed_up(net, self._config)
        if self._config["warm_up_steps"]:
            warm_up(pl_module, data, self._config, trainer)
