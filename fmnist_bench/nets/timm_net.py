"""Any architecture of timm on the suite's 28x28 grey images."""

import difflib
from pathlib import Path
from typing import Any

import timm
import torch
from torch import nn
from torch.nn.functional import interpolate

from fmnist_bench.errors import BenchError
from fmnist_bench.nets.imagenet import WEIGHTS
from fmnist_bench.nets.weights import (
    first_line,
    mismatch,
    not_loaded,
    read_weights,
    with_fresh_head,
)


class TimmNet(nn.Module):
    """A timm net behind a resize to `input_size` and a copy of grey to `channels`.

    `architecture` is a name that timm knows, with or without a weight tag
    (`resnet18`, `resnet18.a1_in1k`). `drop_rate` is the dropout before the
    classifier. `pretrained` starts from ImageNet weights: those of timm's hub, or
    the file `weights` whose SHA-256 (hex) is `weights_sha256`. The classifier is
    fresh unless the file has one of the same size; with one channel, timm sums
    the first layer's weights over the colours.

    Parameters for 10 classes, 3 | 1 channels: mobilenetv2_100 2,236,682 | 2,236,106,
    resnet18 11,181,642 | 11,175,370.

    Raises:
        BenchError: unknown architecture, contradictory arguments, or weights that
            cannot be had or do not fit.
    """

    def __init__(
        self,
        *,
        architecture: str,
        num_classes: int,
        channels: int,
        input_size: int,
        drop_rate: float,
        pretrained: bool,
        weights: str | None,
        weights_sha256: str | None,
    ) -> None:
        super().__init__()
        if channels not in (1, 3):
            raise BenchError(f"channels: expected 1 or 3, got {channels}")
        if weights is not None and not pretrained:
            raise BenchError(f"weights: {weights} is given but pretrained is false; set it to true")
        self.channels = channels
        self.input_size = input_size
        options: dict[str, Any] = {
            "num_classes": num_classes,
            "in_chans": channels,
            "drop_rate": drop_rate,
        }
        if _fixes_input_size(architecture):
            options["img_size"] = input_size
        if weights is not None:
            self.net = _from_file(architecture, options, Path(weights), weights_sha256)
        elif pretrained:
            self.net = _from_hub(architecture, options)
        else:
            self.net = _fresh(architecture, options)
        self._try_size(architecture)
        self.pretraining = _pretraining(pretrained, weights_sha256)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Map images (B, 1, 28, 28) to logits (B, num_classes)."""
        if self.input_size != 28:
            size = (self.input_size, self.input_size)
            images = interpolate(images, size=size, mode="bilinear", align_corners=False)
        logits: torch.Tensor = self.net(images.expand(-1, self.channels, -1, -1))
        return logits

    def _try_size(self, architecture: str) -> None:
        """Classify one blank image: whether a size suits a net shows only when it runs."""
        self.eval()
        try:
            with torch.no_grad(), torch.random.fork_rng(devices=[]):
                self(torch.zeros(1, 1, 28, 28))
        except (RuntimeError, ValueError, AssertionError) as error:
            raise BenchError(
                f"input_size: {self.input_size} does not suit {architecture} "
                f"({first_line(error)}); choose another"
            ) from None
        self.train()


def _pretraining(pretrained: bool, sha256: str | None) -> str | None:
    """Return what the weights saw before, as the record says it."""
    known = {each.sha256 for each in WEIGHTS.values()}
    if not pretrained or sha256 is None:
        return "timm's weights" if pretrained else None
    return "ImageNet-1k" if sha256.lower() in known else f"weights of SHA-256 {sha256[:12]}"


def _fixes_input_size(architecture: str) -> bool:
    """Tell whether the net is built for one image size, as most transformers are."""
    if not timm.is_model(architecture):
        close = difflib.get_close_matches(architecture, timm.list_models(), n=3)
        hint = f"did you mean {', '.join(close)}?" if close else "timm.list_models() lists them"
        raise BenchError(f"architecture: timm has no {architecture!r}; {hint}")
    try:
        config = timm.get_pretrained_cfg(architecture)
    except RuntimeError:
        tagged = timm.list_pretrained(f"{architecture.split('.')[0]}.*")
        known = f"known: {', '.join(tagged[:5])}" if tagged else "leave the tag away"
        raise BenchError(f"architecture: timm has no weights {architecture!r}; {known}") from None
    return config is not None and config.fixed_input_size


def _fresh(architecture: str, options: dict[str, Any]) -> nn.Module:
    try:
        return timm.create_model(architecture, pretrained=False, **options)
    except (RuntimeError, TypeError, ValueError, AssertionError) as error:
        raise BenchError(
            f"architecture: {architecture} cannot be built so ({first_line(error)}); "
            "choose another architecture or input_size"
        ) from None


def _from_hub(architecture: str, options: dict[str, Any]) -> nn.Module:
    try:
        return timm.create_model(architecture, pretrained=True, **options)
    except Exception as error:  # hub, transport and timm each raise their own
        raise BenchError(
            f"pretrained: no weights for {architecture} from timm's hub ({first_line(error)}); "
            "offline, give a local .safetensors or .pth file as weights=PATH"
        ) from None


def _from_file(
    architecture: str, options: dict[str, Any], path: Path, sha256: str | None
) -> nn.Module:
    state = read_weights(path, sha256)
    with torch.random.fork_rng(devices=[]):  # so that the net below draws the same values
        reference = _fresh(architecture, options)
    fresh = reference.state_dict()
    classifier = getattr(reference, "pretrained_cfg", {}).get("classifier") or ()
    heads = (classifier,) if isinstance(classifier, str) else tuple(classifier)
    state = with_fresh_head(state, fresh, heads)
    # timm loads `state_dict` strictly where num_classes agree, after its own renaming of
    # keys and fitting of the first layer and the position embedding. It does both in place.
    overlay = {"state_dict": dict(state), "num_classes": options["num_classes"], "label_offset": 0}
    try:
        net = timm.create_model(
            architecture, pretrained=True, pretrained_cfg_overlay=overlay, **options
        )
    except Exception as error:  # each architecture's renaming raises its own on a foreign file
        differences = mismatch(state, fresh) or first_line(error)
        raise _unfit(path, architecture, differences) from None
    # Some architectures are loaded leniently by timm; a layer left random must not pass.
    if not_loaded(state, fresh, net.state_dict()):
        raise _unfit(path, architecture, mismatch(state, fresh))
    vars(net)["pretrained_cfg"].pop("state_dict")  # or the file's tensors live on in the net
    return net


def _unfit(path: Path, architecture: str, differences: str) -> BenchError:
    return BenchError(
        f"{path}: weights do not fit {architecture}: {differences}; "
        "give the file of this architecture"
    )
