import pytest

from fmnist_bench.config.build import build
from fmnist_bench.config.compose import compose
from fmnist_bench.paths import conf_dir
from fmnist_bench.pictures.layers import layer_lines, layers_of
from fmnist_bench.training.cost import mac_count, parameter_count

# A transformer, whose position embedding and attention belong to no layer of their own.
VIT = "timm model.net.architecture=test_vit model.net.input_size=64"
MODELS = sorted(file.stem for file in (conf_dir() / "model").glob("[!_]*.yaml"))
OTHERS = ("capsule_net", "dyra_net", "gru_svm")
"""Models whose last layer in the list is not the one that scores the classes."""

PUBLISHED = {"keras_cnn": 887_530, "linear": 7_850, "mlp": 266_610, "vgg": 7_001_194}


@pytest.mark.parametrize("model", [*MODELS, VIT])
def test_layers_add_up_to_what_a_run_records(model: str) -> None:
    config = compose([f"model={each}" if not i else each for i, each in enumerate(model.split())])
    net = build(config["model"], "model").net
    layers = layers_of(config)
    assert sum(layer.parameters for layer in layers) == parameter_count(net)
    assert sum(layer.macs for layer in layers) == mac_count(net, (1, 28, 28))
    if model in PUBLISHED:
        assert sum(layer.parameters for layer in layers) == PUBLISHED[model]
    if model not in OTHERS:
        assert layers[-1].shape == (10,)


def test_each_layer_is_counted_by_hand() -> None:
    layers = {layer.name: layer for layer in layers_of(compose(["model=cnn"]))}
    convolutions = [layer for layer in layers.values() if layer.kind == "Conv2d"]
    assert [layer.shape for layer in convolutions] == [(32, 28, 28), (64, 16, 16)]
    assert [layer.parameters for layer in convolutions] == [25 * 32 + 32, 9 * 32 * 64 + 64]
    assert [layer.macs for layer in convolutions] == [
        25 * 32 * 28 * 28,
        9 * 32 * 64 * 16 * 16,
    ]
    # Counting leaves no mark: the same again.
    assert layers_of(compose(["model=cnn"])) == list(layers.values())


def test_the_table_lines_up_and_ends_with_the_sums() -> None:
    lines = layer_lines(layers_of(compose(["model=linear"])))
    assert len({len(line) for line in lines}) == 1
    assert lines[0].split() == ["layer", "kind", "output", "parameters", "MACs"]
    assert lines[-1].split() == ["total", "7,850", "7,840"]
    assert "Linear" in lines[2] or "Linear" in lines[3]
