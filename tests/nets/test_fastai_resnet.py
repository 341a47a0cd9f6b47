import timm
import torch

from fmnist_bench.nets.fastai_resnet import FastaiResNet


def test_scores_are_the_heads_on_timms_averages_and_maxima() -> None:
    torch.manual_seed(0)
    net = FastaiResNet(num_classes=10, hidden_dropout=0.25, dropout=0.5).eval()
    plain = timm.create_model("resnet50", num_classes=10)
    state = {key: value for key, value in net.body.state_dict().items()}
    plain.load_state_dict(state, strict=False)
    plain.eval()
    images = torch.randn(2, 1, 56, 56)
    with torch.no_grad():
        maps = plain.forward_features(images.repeat(1, 3, 1, 1))
        assert maps.shape == (2, 2048, 2, 2)
        # fastai's AdaptiveConcatPool2d: the maximum first.
        pooled = torch.cat((maps.flatten(2).max(2).values, maps.flatten(2).mean(2)), 1)
        torch.testing.assert_close(net(images), net.head(pooled))
    assert [layer.p for layer in net.head if isinstance(layer, torch.nn.Dropout)] == [0.25, 0.5]
