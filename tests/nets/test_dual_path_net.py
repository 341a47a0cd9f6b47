import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, relu

from fmnist_bench.nets.dual_path_net import DualPathNet, _DualBlock, _StageStart


def normed(x: Tensor, norm: nn.Module) -> Tensor:
    assert isinstance(norm, nn.BatchNorm2d)
    return relu(norm(x))


def test_a_stage_starts_with_both_paths_side_by_side() -> None:
    torch.manual_seed(0)
    start = _StageStart(6, 8, 3, stride=2).double().eval()
    x = torch.randn(2, 6, 8, 8, dtype=torch.float64)
    given = normed(x, start.norm[0])
    first, second = start.branch[0].weight, start.branch[3].weight
    branch = conv2d(given, first, stride=2, padding=1)
    branch = conv2d(normed(branch, start.branch[1]), second, padding=1)
    residual = branch + conv2d(given, start.shortcut.weight, stride=2)
    dense = conv2d(x, start.dense.weight, stride=2, padding=1)
    torch.testing.assert_close(start(x), torch.cat((residual, dense), 1))
    assert start(x).shape == (2, 8 + 6, 4, 4)


def test_a_block_adds_to_one_path_and_appends_to_the_other() -> None:
    torch.manual_seed(0)
    block = _DualBlock(14, 8, 3).double().eval()
    x = torch.randn(2, 14, 4, 4, dtype=torch.float64)
    made = conv2d(normed(x, block.branch[0]), block.branch[2].weight, padding=1)
    made = conv2d(normed(made, block.branch[3]), block.branch[5].weight, padding=1)
    out = block(x)
    assert out.shape == (2, 17, 4, 4)
    torch.testing.assert_close(out[:, :8], x[:, :8] + made[:, :8])
    assert torch.equal(out[:, 8:14], x[:, 8:])
    torch.testing.assert_close(out[:, 14:], made[:, 8:])


def test_channels_at_the_end_are_the_sources() -> None:
    with torch.device("meta"):
        net = DualPathNet(width=10, num_classes=10)
        assert net.classifier.in_features == 960
        assert net.features[:-2](torch.zeros(1, 1, 28, 28)).shape == (1, 960, 7, 7)
