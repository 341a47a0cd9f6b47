"""Builds what configs describe without training it, to see whether it can be."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch

from fmnist_bench.config.build import build
from fmnist_bench.data.served import check_serves_images
from fmnist_bench.training.ancestry import take_weights
from fmnist_bench.training.classifier import Classifier
from fmnist_bench.training.contract import check_model, check_scores
from fmnist_bench.training.image_sizes import ImageSizes, image_shape
from fmnist_bench.training.speed import check_speed
from fmnist_bench.training.trainer import build_callbacks, build_trainer


def try_out(configs: Iterable[Mapping[str, Any]], folder: Path) -> None:
    """Build data, model, callbacks and Trainer of each of `configs`, and let them fit.

    Equal parts are built once. `folder` is for whatever they write.

    Raises:
        BenchError: one of them cannot be built, or does not keep its contract.
    """
    shown: dict[str, Any] = {}
    built: set[str] = set()
    for config in configs:
        check_speed(config)
        key = json.dumps([config["data"] | {"seed": 0}], sort_keys=True)
        if key not in shown:
            data = build(config["data"], "data")
            data.prepare_data()
            data.setup("fit")
            check_serves_images(data)
            data.train_dataloader()
            shown[key] = (torch.zeros(1, *image_shape(data)), len(data.class_names))
        image, classes = shown[key]
        rest = [config["callbacks"], config["trainer"]]
        if (key_of_rest := json.dumps(rest, sort_keys=True)) not in built:
            built.add(key_of_rest)
            build_trainer(config, build_callbacks(config), [], folder)
        sizes = [each for each in build_callbacks(config) if isinstance(each, ImageSizes)]
        parent = config.get("parent")
        seen = [key, config["model"], parent, [each.sizes for each in sizes]]
        if (key := json.dumps(seen, sort_keys=True)) not in built:
            built.add(key)
            model = check_model(build(config["model"], "model"), config["model"]["_target_"])
            check_scores(model, image, classes)
            if parent:
                take_weights(model, parent)
            for each in sizes:
                each.check(model.net, image.shape[1:])  # type: ignore[arg-type]  # checked above
            if isinstance(model, Classifier):
                model.make_optimizer()
