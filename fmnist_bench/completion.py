"""What a shell is told when somebody presses TAB: the answers are argcomplete's and Hydra's."""

import argparse
import contextlib
import importlib
import io
import os
from collections.abc import Mapping
from typing import Any

import argcomplete

_TRAINS = ("train", "bench", "tune", "tune-speed")
"""Commands whose words are Hydra's overrides."""


def complete(commands: Mapping[str, str]) -> None:
    """Answer the shell that asks by its environment, and end the process."""
    line = os.environ["COMP_LINE"][: int(os.environ["COMP_POINT"])].split()
    top = argparse.ArgumentParser(prog="fmnist-bench")
    parts = top.add_subparsers()
    for name, text in commands.items():
        # Only what is asked for is imported.
        parents = [_parser(name)] if name in line[1:2] else []
        parts.add_parser(name, help=text, parents=parents, add_help=False)
    argcomplete.autocomplete(top, always_complete_options="long")


def _parser(name: str) -> argparse.ArgumentParser:
    module = importlib.import_module(f"fmnist_bench.commands.{name.replace('-', '_')}")
    made: argparse.ArgumentParser = module.parser()
    for action in made._actions:
        if name in _TRAINS and action.dest == "overrides":
            action.completer = _overrides  # type: ignore[attr-defined]  # argcomplete's
    return made


def _overrides(prefix: str, **others: Any) -> list[str]:
    """Return what Hydra completes `prefix` to."""
    from fmnist_bench.config.compose import compose_command_line

    told = io.StringIO()
    os.environ["COMP_LINE"] = f"fmnist-bench {prefix}"
    with contextlib.redirect_stdout(told):
        compose_command_line(["-sc", "query=bash"])
    return told.getvalue().split()
