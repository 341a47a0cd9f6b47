from typing import Any

import pytest
from omegaconf import OmegaConf

from fmnist_bench.board.preprocessing import preprocessing
from fmnist_bench.paths import conf_dir


def data(scaling: str) -> dict[str, Any]:
    return {"scaling": scaling}


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"data": data("raw")}, "none (raw 0 to 255)"),
        ({"data": data("unit") | {"augmentations": {}}}, "scaled to [0, 1]"),
        (
            {
                "data": {
                    "scaling": "standardize",
                    "augmentations": {
                        "crop": {"_target_": "x.RandomCrop", "padding": 2, "mode": "zero"},
                        "erase": {"_target_": "x.RandomErasing", "p": 0.5, "area": [0.02, 0.4]},
                    },
                },
                "test_time_flip": True,
            },
            "standardized (mean 0, std 1); crop (padding 2, mode zero); "
            "erase (p 0.5, area 0.02 to 0.4); test-time flip",
        ),
        (
            {
                "data": data("unit"),
                "model": {"mixing": {"_target_": "x.CutMix", "alpha": 1.0, "p": 0.5}},
            },
            "scaled to [0, 1]; CutMix (alpha 1, p 0.5)",
        ),
        (
            {"data": data("unit"), "model": {"net": {"input_size": 56, "pretrained": True}}},
            "scaled to [0, 1]; resized to 56x56; pretrained weights",
        ),
    ],
)
def test_what_is_done_to_the_images_is_told_from_the_config(
    config: dict[str, Any], text: str
) -> None:
    assert preprocessing(config) == text


@pytest.mark.parametrize("name", ["crop_flip", "crop_flip_erase", "flip", "rotate_zoom_shift"])
def test_every_step_of_the_shipped_augmentations_is_named(name: str) -> None:
    content = OmegaConf.to_container(OmegaConf.load(conf_dir() / "augment" / f"{name}.yaml"))
    assert isinstance(content, dict)
    steps = {key: value for key, value in content.items() if key != "defaults"}
    text = preprocessing({"data": data("unit") | {"augmentations": steps}})
    assert steps and all(f"; {step} (" in text for step in steps)


@pytest.mark.parametrize(
    "config",
    [
        None,
        {},
        {"data": []},
        {"data": {"augmentations": [1]}},
        {"data": {"augmentations": {"a": 3, "": {"": None}}}},
    ],
)
def test_any_recipe_can_be_described(config: dict[str, Any] | None) -> None:
    assert "not stated" in preprocessing(config)
