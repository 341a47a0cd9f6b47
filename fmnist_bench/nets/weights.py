"""Pretrained weights from a local file: verified, read without unpickling, matched by key."""

import hashlib
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from timm.models import load_state_dict

from fmnist_bench.errors import BenchError

SUFFIXES = (".safetensors", ".pth", ".pt")
_SHOWN = 3

_logger = logging.getLogger(__name__)


def read_weights(path: Path, sha256: str | None) -> dict[str, torch.Tensor]:
    """Read the state dict in `path` (safetensors, or what `torch.save` wrote) to the CPU.

    Checkpoints that wrap the weights under `state_dict` or `model` are unwrapped
    as timm does.

    Raises:
        BenchError: no such file, another suffix, content that does not have
            digest `sha256` (hex), or content that is not a dict of tensors.
    """
    if path.suffix not in SUFFIXES:
        raise BenchError(f"{path}: weights must be a file ending in {', '.join(SUFFIXES)}")
    _verify(path, sha256)
    try:
        state = load_state_dict(str(path), weights_only=True)  # never runs code
    except Exception as error:  # safetensors, zipfile, pickle and timm each raise their own
        raise BenchError(
            f"{path}: not readable as weights ({first_line(error)}); export it again"
        ) from None
    others = [key for key, value in state.items() if not isinstance(value, torch.Tensor)]
    if others or not state:
        found = f"not tensors: {_listed(others)}" if others else "it is empty"
        raise BenchError(f"{path}: expected a dict of tensors ({found}); save net.state_dict()")
    return state


def with_fresh_head(
    state: Mapping[str, torch.Tensor], fresh: Mapping[str, torch.Tensor], heads: Iterable[str]
) -> dict[str, torch.Tensor]:
    """Return `state` with the classifier's tensors of another shape replaced by those in `fresh`.

    `heads` names the classifier layers. Every replaced key is logged.
    """
    prefixes = tuple(f"{head}." for head in heads)
    replaced = {
        key: value
        for key, value in fresh.items()
        if key.startswith(prefixes) and key in state and state[key].shape != value.shape
    }
    if replaced:
        _logger.info("left at fresh initialisation (other size): %s", ", ".join(replaced))
    return {**state, **replaced}


def mismatch(state: Mapping[str, torch.Tensor], fresh: Mapping[str, torch.Tensor]) -> str:
    """Say in one line how the keys and shapes in `state` differ from those in `fresh`.

    Batch counters, which loading can do without, are left out.
    """
    kinds = {
        "missing": [key for key in fresh if key not in state],
        "unexpected": [key for key in state if key not in fresh],
        "of another shape": [
            f"{key} {tuple(state[key].shape)} for {tuple(value.shape)}"
            for key, value in fresh.items()
            if key in state and not _fits(state[key].shape, value.shape)
        ],
    }
    parts = []
    for kind, keys in kinds.items():
        named = [key for key in keys if not key.endswith("num_batches_tracked")]
        if named:
            parts.append(f"{len(named)} {kind}: {_listed(named)}")
    return "; ".join(parts)


def not_loaded(
    state: Mapping[str, torch.Tensor],
    fresh: Mapping[str, torch.Tensor],
    loaded: Mapping[str, torch.Tensor],
) -> list[str]:
    """Return the keys without a tensor of their shape in `state` that stayed as in `fresh`."""
    return [
        key
        for key, value in fresh.items()
        if (key not in state or state[key].shape != value.shape)
        and value.is_floating_point()
        and torch.equal(value, loaded[key])
    ]


def first_line(error: Exception) -> str:
    """Return what a library's error says, cut to fit into one line."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].strip()[:160]


def _verify(path: Path, sha256: str | None) -> None:
    try:
        with path.open("rb") as file:
            actual = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BenchError(
            f"{path}: weights cannot be read ({error.strerror}); name a file of them with "
            "model.net.weights=FILE"
        ) from None
    if sha256 is None:
        raise BenchError(
            f"{path}: weights need their digest, which makes them part of the run; "
            f"add model.net.weights_sha256={actual}"
        )
    if actual != sha256.lower():
        raise BenchError(
            f"{path}: SHA-256 is {actual}, expected {sha256}; get the right file, "
            f"or set model.net.weights_sha256={actual}"
        )


def _fits(found: torch.Size, wanted: torch.Size) -> bool:
    """Tell whether the shapes agree, or timm can sum a colour filter to a grey one."""
    grey = wanted[1:2] == (1,) and found[1:2] == (3,)
    return found == wanted or (grey and found[0] == wanted[0] and found[2:] == wanted[2:])


def _listed(keys: list[str]) -> str:
    return ", ".join(keys[:_SHOWN]) + (", ..." if len(keys) > _SHOWN else "")
