"""Which options of the optimizer each of a net's parameters gets."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from torch import nn
from torch.optim import Optimizer

from fmnist_bench.errors import BenchError

UNDECAYED = {"dimensions": [0, 1], "weight_decay": 0.0}
"""The rule for biases and the scales of norm layers, unless these are decayed too."""

_UNLISTED = {"timm.optim.muon.Muon": {"use_fallback"}}
"""Options of a group that an optimizer reads, and that are not among its defaults."""

_KEY = "model.parameter_groups"


def grouped_optimizer(
    optimizer: Callable[[Iterable[dict[str, Any]]], Optimizer],
    net: nn.Module,
    *,
    rules: Sequence[Mapping[str, Any]],
    decay_norm_and_bias: bool,
) -> Optimizer:
    """Return what `optimizer` makes of `net`'s parameters, ready to train.

    An optimizer that has two modes, as the schedule-free ones, starts in the training one.

    Raises:
        BenchError: a rule names no parameter or has an option that the optimizer does not, or
            the optimizer refuses a value or a parameter.
    """
    groups = parameter_groups(net, rules, decay_norm_and_bias=decay_norm_and_bias)
    try:
        made = optimizer(groups)
    except (ValueError, TypeError, RuntimeError) as error:
        raise BenchError(f"optimizer: {' '.join(str(error).split())}") from None
    kind = f"{type(made).__module__}.{type(made).__qualname__}"
    known = {*made.defaults, *_UNLISTED.get(kind, ())}
    for number, rule in enumerate(rules):
        if unknown := options_of(rule).keys() - known:
            raise BenchError(
                f"{_KEY}.{number}: {kind} has no option {min(unknown)}; choose from "
                f"{', '.join(sorted(known))}"
            )
    if callable(train := getattr(made, "train", None)):
        train()
    return made


def parameter_groups(
    net: nn.Module, rules: Sequence[Mapping[str, Any]], *, decay_norm_and_bias: bool
) -> list[dict[str, Any]]:
    """Return `net`'s trainable parameters, together where they have the same options.

    A rule names parameters by `parameters`, a pattern of shell wildcards or a list of them,
    by `dimensions`, a number or a list, or by both; the rest of it are options. A parameter
    gets those of every rule that names it, where two differ the later one's. Unless
    `decay_norm_and_bias`, UNDECAYED is the first rule. Those that no rule names come first.

    Raises:
        BenchError: a rule names no parameter.
    """
    named = [(name, each) for name, each in net.named_parameters() if each.requires_grad]
    for number, rule in enumerate(rules):
        _refuse_idle(net, named, rule, f"{_KEY}.{number}")
    applied = [*([] if decay_norm_and_bias else [UNDECAYED]), *rules]
    together: dict[tuple[bool, ...], list[nn.Parameter]] = {}
    for name, parameter in named:
        by = tuple(_names(rule, name, parameter) for rule in applied)
        together.setdefault(by, []).append(parameter)
    groups = []
    for by, parameters in sorted(together.items()):
        options: dict[str, Any] = {}
        for rule, names in zip(applied, by, strict=True):
            options |= options_of(rule) if names else {}
        groups.append({"params": parameters} | options)
    return groups


def options_of(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `rule` says of the parameters that it names."""
    return {key: value for key, value in rule.items() if key not in ("parameters", "dimensions")}


def _names(rule: Mapping[str, Any], name: str, parameter: nn.Parameter) -> bool:
    patterns, dimensions = _listed(rule.get("parameters", "*")), rule.get("dimensions")
    return any(fnmatchcase(name, pattern) for pattern in patterns) and (
        dimensions is None or parameter.ndim in _listed(dimensions)
    )


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [value]


def _refuse_idle(
    net: nn.Module, named: Sequence[tuple[str, nn.Parameter]], rule: Mapping[str, Any], key: str
) -> None:
    if not rule.keys() & {"parameters", "dimensions"} or not options_of(rule):
        raise BenchError(
            f"{key}: expected parameters (a pattern) or dimensions, and options such as lr; "
            "as {parameters: 'head.*', lr: 0.01}"
        )
    if not any(_names(rule, name, parameter) for name, parameter in named):
        said = ", ".join(
            f"{key}={rule[key]}" for key in ("parameters", "dimensions") if key in rule
        )
        some = ", ".join(name for name, _ in named[:8]) + (", ..." if len(named) > 8 else "")
        raise BenchError(
            f"{key}: names no parameter of {type(net).__name__} ({said}); it has {some}"
        )
