from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from fmnist_bench.cli import main
from fmnist_bench.errors import BenchError
from fmnist_bench.records.spec import Spec
from fmnist_bench.training.cost import mac_count
from fmnist_bench.training.image_sizes import ImageSizes
from fmnist_bench.training.run import run

SEEN: list[tuple[bool, int]] = []
CALLBACK = "+callbacks.sizes._target_=fmnist_bench.training.image_sizes.ImageSizes"


class AnySize(nn.Module):
    """A convolution and a mean, which take images of any size; notes which it saw."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.conv, self.head = nn.Conv2d(1, 4, 3, padding=1), nn.Linear(4, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        SEEN.append((self.training, images.shape[-1]))
        scores: Tensor = self.head(self.conv(images).mean((2, 3)))
        return scores


NET = (
    f"model.net._target_={__name__}.AnySize",
    *("~model.net.hidden", "~model.net.dropout"),
)


def test_epochs_train_at_their_size_and_all_validate_at_the_full_one(
    make_spec: Callable[..., Spec],
) -> None:
    SEEN.clear()
    spec = make_spec(*NET, CALLBACK, "callbacks.sizes.sizes=[[0,14],[1,20],[2,28]]")
    record = run(spec)
    assert record is not None and record.history is not None and record.training_macs is not None
    trained = [side for training, side in SEEN if training]
    assert trained == [14] * 9 + [20] * 9 + [28] * 9
    assert 28 in {side for training, side in SEEN if not training}
    # A convolution of 9 weights to 4 channels at each place, and a head.
    per_image = [side * side * 9 * 4 + 40 for side in (14, 20, 28)]
    assert record.training_macs == sum(3 * macs * 9 * 32 for macs in per_image)
    assert record.macs == per_image[-1]


def test_a_net_that_resizes_itself_is_told_the_size() -> None:
    class Own(nn.Module):
        input_size = 56

        def forward(self, images: Tensor) -> Tensor:
            return images.new_full((1,), self.input_size)

    net, sizes = Own(), ImageSizes(sizes=[[0, 32], [5, 48]])
    with sizes.at(net, 4):
        assert net(torch.zeros(1, 1, 28, 28)).item() == 32
    with sizes.at(net, 6):
        assert net(torch.zeros(1, 1, 28, 28)).item() == 48
    assert net.input_size == 56


def test_images_are_resized_without_aliasing() -> None:
    """Lines as thin as a pixel become grey, as they would for the eye."""
    net = nn.Identity()
    lines = (torch.arange(28) % 2).float().expand(1, 1, 28, 28)
    with ImageSizes(sizes=[[0, 14]]).at(net, 0):
        small = net(lines)
    assert small.shape == (1, 1, 14, 14)
    assert small[..., 1:-1].sub(0.5).abs().max() < 0.02
    assert net(lines) is lines


@pytest.mark.parametrize("sizes", [[], [[1, 20]], [[0, 20], [0, 28]], [[0]], [[0, 0]], [[0, -3]]])
def test_sizes_that_say_nothing_are_refused(sizes: list[list[int]]) -> None:
    with pytest.raises(BenchError, match=r"^sizes: "):
        ImageSizes(sizes=sizes)


def test_a_net_of_one_size_is_told_before_anything_starts(
    small_overrides: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", *small_overrides, CALLBACK, "callbacks.sizes.sizes=[[0,20],[1,28]]"]
    assert main(command) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert "takes no images of 20 pixels" in error and "choose other sizes" in error


def test_counting_changes_no_net() -> None:
    net, sizes = AnySize(10), ImageSizes(sizes=[[0, 14]])
    full = mac_count(net, (1, 28, 28))
    with sizes.at(net, 0):
        assert mac_count(net, (1, 28, 28)) < full
    assert mac_count(net, (1, 28, 28)) == full
