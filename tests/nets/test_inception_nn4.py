import torch
import torch.nn.functional as F
from torch import Tensor

from fmnist_bench.nets.inception_nn4 import InceptionNN4, _L2Pool


def test_the_pool_is_torchs_and_passes_nothing_back_from_zeros() -> None:
    images = torch.rand(2, 3, 5, 5, dtype=torch.float64, requires_grad=True)
    pooled = _L2Pool()(images)
    expected = F.lp_pool2d(images, 2.0, 3, stride=1)
    torch.testing.assert_close(pooled, expected)
    gradients = [torch.autograd.grad(each.sum(), images)[0] for each in (pooled, expected)]
    torch.testing.assert_close(*gradients)
    dark = torch.zeros(1, 1, 3, 3, requires_grad=True)
    _L2Pool()(dark).sum().backward()
    assert dark.grad is not None and not dark.grad.any()


def test_units_have_the_sizes_and_widths_of_the_source() -> None:
    net = InceptionNN4(values=128).eval()
    shapes: list[tuple[int, ...]] = []
    for layer in net.layers:
        layer.register_forward_hook(lambda *call: shapes.append(tuple(call[2].shape[1:])))
    vectors: Tensor = net(torch.rand(2, 1, 28, 28))
    inceptions = [(256, 4, 4), (320, 4, 4), (640, 2, 2), (640, 2, 2), (1024, 1, 1)]
    assert shapes[-8:] == [*inceptions, (896, 1, 1), (896, 1, 1), (896,)]
    torch.testing.assert_close(vectors.norm(dim=1), torch.ones(2))


def test_a_pool_that_shrinks_is_padded_back_with_zeros() -> None:
    unit = InceptionNN4(values=8).eval().layers[14]
    out = unit(torch.rand(1, 256, 4, 4))
    pooled = out[0, 128 + 64 : 128 + 64 + 64]
    assert pooled[:, 1:3, 1:3].any()
    border = torch.ones(4, 4, dtype=torch.bool)
    border[1:3, 1:3] = False
    assert not pooled[:, border].any()
