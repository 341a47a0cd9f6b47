import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, batch_norm, conv2d, linear, relu

from fmnist_bench.nets.densenet_bc import densenet_bc


def by_hand(net: nn.Module, x: Tensor, relu_first: bool) -> Tensor:
    """Two bottlenecks in each block, written out from the paper."""
    state = dict(net.named_parameters())

    def norm(name: str, x: Tensor) -> Tensor:
        scale, shift = state[f"{name}.weight"], state[f"{name}.bias"]
        return batch_norm(x, None, None, scale, shift, training=True)

    x = conv2d(x, state["features.conv0.weight"], padding=1)
    for block in (1, 2, 3):
        for layer in (1, 2):
            name = f"features.denseblock{block}.denselayer{layer}"
            new = conv2d(relu(norm(f"{name}.norm1", x)), state[f"{name}.conv1.weight"])
            assert new.shape[1] == 4 * 4
            new = conv2d(relu(norm(f"{name}.norm2", new)), state[f"{name}.conv2.weight"], padding=1)
            x = torch.cat((x, new), 1)
        if block < 3:
            name = f"features.transition{block}"
            x = norm(f"{name}.norm", relu(x)) if relu_first else relu(norm(f"{name}.norm", x))
            x = avg_pool2d(conv2d(x, state[f"{name}.conv.weight"]), 2)
    pooled = relu(norm("features.norm5", x)).mean((2, 3))
    return linear(pooled, state["classifier.weight"], state["classifier.bias"])


@pytest.mark.parametrize("relu_first", [False, True])
def test_values_follow_the_paper_but_for_the_transitions_order(relu_first: bool) -> None:
    torch.manual_seed(0)
    net = densenet_bc(growth=4, depth=16, relu_first=relu_first, num_classes=10).double()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.bias)
    images = torch.randn(4, 1, 28, 28, dtype=torch.float64)
    torch.testing.assert_close(net(images), by_hand(net, images, relu_first))
    assert not torch.allclose(net(images), by_hand(net, images, not relu_first))
