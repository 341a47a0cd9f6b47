"""The nets of the published table's rows, as their experiments describe them."""

from functools import cache
from typing import Any

import pytest
import torch

from fmnist_bench.config.build import build
from fmnist_bench.config.compose import compose
from fmnist_bench.paths import conf_dir
from fmnist_bench.training.classifier import Classifier
from fmnist_bench.training.cost import mac_count

# Experiment -> trainable parameters, and millions of multiply-adds of one image, as the
# sources' layers give them.
PRINTED = {
    "published_02_tensorflow": (3_274_634, 13.9),
    "published_03_abhirajhinge": (28_938, 2.84),
    "published_04_kefth_cnn": (421_642, 4.24),
    "published_05_hardmaru": (83_466, 10.7),
    "published_06_abelusha": (113_386, 1.41),
    "published_07_xfan1025": (1_879_042, 54.4),
    "published_08_cmasch": (493_772, 9.16),
    "published_09_khanguyen1207": (1_694_186, 33.2),
    "published_10_ashmeet13": (16_841_802, 22.2),
    "published_12_meghanabhange": (70_474, 5.34),
    "published_13_griffo": (2_688_522, 13.7),
    "published_14_gchhablani": (46_570, 6.61),
    "published_15_noumanmufc1": (1_575_114, 158),
    "published_16_dezhic": (295_968, 153),
    "published_17_gru_svm": (221_450, 6.1),
    "published_18_gru_svm_dropout": (221_450, 6.1),
    "published_19_wrn40_4": (8_948_922, 994),
    "published_20_densenet_bc": (768_730, 220),
    "published_21_mobilenet": (3_217_226, 42.5),
    "published_22_kefth_resnet18": (2_776_522, 322),
    "published_23_googlenet": (4_982_736, 21.7),
    "published_24_alexnet_triplet": (20_846_784, 22.6),
    "published_26_dual_path": (47_751_450, 5213),
    "published_27_mlp": (247_766, 0.25),
    "published_28_vgg26m": (26_557_642, 217),
    "published_29_wrn28_10": (36_478_906, 4014),
    "published_30_wrn28_10_erasing": (36_478_906, 4014),
    "published_32_capsule": (8_215_568, 203),
    # 1.3 for the image and 0.14 for each label, of which 0.13 repeat the image's features.
    "published_36_dyranet": (143_489, 1.3 + 10 * (832 * 160 + 160) / 1e6 - 9 * 800 * 160 / 1e6),
    # 79 are the body's.
    "published_38_fastai_resnet50": (25_620_042, 79 + (4096 * 512 + 512 * 10) / 1e6),
}
EXPERIMENTS = sorted(
    path.stem
    for path in (conf_dir() / "experiment").glob("published_*.yaml")
    if "override /model: estimator" not in path.read_text()  # which have no layers to count
)


@cache
def composed(experiment: str) -> dict[str, Any]:
    return compose([f"experiment={experiment}", "trainer=cpu"])


def model_of(experiment: str) -> Classifier:
    with torch.device("meta"):
        model = build(composed(experiment)["model"], "model")
    assert isinstance(model, Classifier)
    return model


def test_every_row_is_listed() -> None:
    assert sorted(PRINTED) == EXPERIMENTS


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_parameters_and_macs_are_those_of_the_source(experiment: str) -> None:
    net = model_of(experiment).net
    parameters, millions = PRINTED[experiment]
    trainable = [each for each in net.parameters() if each.requires_grad]
    assert sum(each.numel() for each in trainable) == parameters
    assert mac_count(net, (1, 28, 28)) / 1e6 == pytest.approx(millions, rel=0.02)


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_the_parts_of_a_row_fit_each_other(experiment: str) -> None:
    """Initial weights, optimizer, schedule and loss take this net; on no device."""
    model = model_of(experiment)
    optimizer = model.make_optimizer()
    held = [each for group in optimizer.param_groups for each in group["params"]]
    assert {id(each) for each in held} >= {
        id(each) for each in model.net.parameters() if each.requires_grad
    }
    made = model.make_schedule(optimizer, 10, composed(experiment)["trainer"]["max_epochs"])
    assert made["interval"] in ("step", "epoch")
    with torch.device("meta"):
        scores = model(torch.zeros(8, 1, 28, 28))
        assert scores.shape == (8, 10)
        assert model.loss(scores, torch.zeros(8, dtype=torch.long)).shape == ()


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_a_row_says_what_it_is(experiment: str) -> None:
    config = composed(experiment)
    assert config["trainer"]["precision"] == "32-true"
    assert config["row"]["name"] == experiment
    lines = (conf_dir() / "experiment" / f"{experiment}.yaml").read_text().splitlines()
    assert f"# Published row {int(experiment.split('_')[1])} " in lines[1]
    assert "# Measured: " in lines[2]
