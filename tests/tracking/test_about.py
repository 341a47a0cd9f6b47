"""A tracker shows the keys that a person types, with the values that Hydra gives them."""

from collections.abc import Callable

import hydra
import pytest
from omegaconf import OmegaConf

from fmnist_bench.config.compose import Composer
from fmnist_bench.records.spec import Spec
from fmnist_bench.tracking.about import about_spec

TYPED = (
    *("augment", "optimizer", "schedule", "epochs", "batch_size", "eval_batch_size", "drop_last"),
    *("label_smoothing", "decay_norm_and_bias", "grad_clip", "precision", "seed"),
)


@pytest.mark.parametrize(
    "overrides",
    [
        ("model=cnn", "optimizer=sgd", "augment=crop_flip", "schedule=onecycle", "grad_clip=1.0"),
        ("model=timm", "model.net.architecture=resnet18", "label_smoothing=0.1", "drop_last=false"),
    ],
)
def test_what_is_typed_is_shown_where_it_is_looked_for(
    make_spec: Callable[..., Spec], small_overrides: list[str], overrides: tuple[str, ...]
) -> None:
    shown = about_spec(make_spec(*overrides), 1, None, None).config
    with Composer.ready():
        composed = hydra.compose("config", overrides=[*small_overrides, *overrides])
    for name in TYPED:
        typed = composed[name]
        expected = OmegaConf.to_container(typed) if OmegaConf.is_config(typed) else typed
        assert shown[name] == expected, name
