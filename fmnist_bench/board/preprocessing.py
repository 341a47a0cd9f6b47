"""The board's Preprocessing column, told from a run's recipe."""

from collections.abc import Mapping
from typing import Any

from fmnist_bench.board.lookup import part

_SCALING = {
    "standardize": "standardized (mean 0, std 1)",
    "unit": "scaled to [0, 1]",
    "raw": "none (raw 0 to 255)",
    "as_mnist": "(x - 0.1307) / 0.3081",
}


def preprocessing(recipe: Mapping[str, Any] | None) -> str:
    """Describe, as plain text, what is done to the images: scaling, size, augmentations.

    Pretrained weights are named too: they are extra data, whatever the classifier's name says.
    """
    data, model = part(recipe, "data"), part(recipe, "model")
    net, mixing = part(model, "net"), part(model, "mixing")
    scaling = str(data.get("scaling", "not stated"))
    steps = [_SCALING.get(scaling, scaling)]
    if "input_size" in net:
        steps.append(f"resized to {net['input_size']}x{net['input_size']}")
    steps += [_augmentation(name, step) for name, step in part(data, "augmentations").items()]
    for feature in part(net, "features").values():
        steps.append(_augmentation(_kind(feature), feature))
    if mixing:
        steps.append(_augmentation(_kind(mixing), mixing))
    if recipe is not None and recipe.get("test_time_flip") is True:
        steps.append("test-time flip")
    if net.get("pretrained") is True:
        steps.append("pretrained weights")
    return "; ".join(steps)


def _kind(step: Any) -> str:
    return str(part({"step": step}, "step").get("_target_", "step")).rpartition(".")[2]


def _augmentation(name: str, step: Any) -> str:
    label = str(name).replace("_", " ")
    if not isinstance(step, Mapping):
        return label
    arguments = [
        f"{key} {_value(value)}" for key, value in step.items() if not str(key).startswith("_")
    ]
    return f"{label} ({', '.join(arguments)})" if arguments else label


def _value(value: Any) -> str:
    if isinstance(value, list):
        return " to ".join(_value(inner) for inner in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
