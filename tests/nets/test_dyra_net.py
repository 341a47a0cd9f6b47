import torch
from torch import Tensor, nn

from fmnist_bench.nets.dyra_net import DyraNet


def test_scores_are_those_of_each_image_joined_with_each_label() -> None:
    torch.manual_seed(0)
    net = DyraNet(num_classes=10, norm_eps=0.001, norm_momentum=0.01).eval()
    with torch.no_grad():
        net.joint.weight[:80].mul_(100)  # half of the units are too long for the limit of 3
    images = torch.randn(3, 1, 28, 28)
    features = net.image(images)
    assert features.shape == (3, 800)

    def weights(layer: nn.Linear) -> Tensor:
        rows = [row * min(1.0, 3.0 / row.norm().item()) for row in layer.weight.detach()]
        return torch.stack(rows)

    expected = torch.empty(3, 10)
    for label in range(10):
        one_hot = torch.zeros(3, 10)
        one_hot[:, label] = 1
        joined = torch.cat((features, torch.tanh(net.label(one_hot))), dim=1)
        hidden = torch.tanh(joined @ weights(net.joint).T + net.joint.bias)
        expected[:, label] = (hidden @ weights(net.score).T + net.score.bias)[:, 0].detach()
    torch.testing.assert_close(net(images), expected, rtol=1e-4, atol=1e-5)


def test_labels_drop_values_of_their_own() -> None:
    net = DyraNet(num_classes=10, norm_eps=0.001, norm_momentum=0.01)
    with torch.no_grad():
        net.label.weight.zero_()  # all labels look alike
    images = torch.randn(2, 1, 28, 28)
    assert (net(images)[0] - net(images)[0, 0]).abs().max() > 0.01
    scores = net.eval()(images)
    torch.testing.assert_close(scores, scores[:, :1].expand(2, 10))
