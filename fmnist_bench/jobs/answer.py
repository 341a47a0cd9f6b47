"""What a sweep was for: its runs as a table of what differs and what came of it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any

from fmnist_bench.config.kinds import MACHINE, MACHINE_FLAGS, REPORT, REPORT_FLAGS
from fmnist_bench.config.refusal import nearest_key
from fmnist_bench.config.typed import differing, word
from fmnist_bench.errors import BenchError
from fmnist_bench.jobs.listed import ListedRun

Line = dict[str, Any]
"""One line of a table by column; what is not known is None."""

FACTS = ("state", "run", "validation", "test", "epochs", "seconds", "note")
"""Columns that are no key of a config."""

_FALLING = ("validation", "test")


def keys_that_differ(runs: Sequence[ListedRun]) -> list[str]:
    """Return the fewest keys that tell `runs` apart: those that were typed, then any other."""
    typed = dict.fromkeys(key for run in runs for key in _typed_keys(run.asked.overrides))
    typed |= dict.fromkeys(key for run in runs for key in run.asked.differing or ())
    keys = [key for key in typed if _several(key, runs)]
    for alike in _alike(runs, keys):
        if _several("row", alike) and "row" not in keys:
            keys.append("row")
    for alike in _alike(runs, keys):
        recipes = [
            {key: value for key, value in run.values.items() if key not in run.asked.choices}
            for run in alike
        ]
        keys += [key for key in differing(recipes) if key not in keys]
    return keys


def _typed_keys(overrides: Iterable[str]) -> Iterable[str]:
    for override in overrides:
        key = override.lstrip("+~").split("=", 1)[0].split("@")[0]
        top, _, flag = key.partition(".")
        told = top in (*MACHINE, *REPORT, "hydra") or top.startswith("hydra/")
        if not told and not (top == "trainer" and flag in (*MACHINE_FLAGS, *REPORT_FLAGS)):
            yield key


def _several(key: str, runs: Sequence[ListedRun]) -> bool:
    return len({word(run.values.get(key)) for run in runs}) > 1


def _alike(runs: Sequence[ListedRun], keys: Sequence[str]) -> list[list[ListedRun]]:
    """Return the groups of several runs that `keys` do not tell apart."""
    groups: dict[tuple[str, ...], list[ListedRun]] = {}
    for run in runs:
        groups.setdefault(tuple(word(run.values.get(key)) for key in keys), []).append(run)
    return [group for group in groups.values() if len(group) > 1]


@dataclass
class Answer:
    """The `lines` of a table; `keys` are the columns of its config, in order.

    `runs` are those of each line: one, or after `grouped` several.
    """

    keys: list[str]
    lines: list[Line]
    runs: list[list[ListedRun]]

    @classmethod
    def of(cls, runs: Sequence[ListedRun]) -> "Answer":
        """Put each of `runs` on a line, best validation accuracy first."""
        keys = keys_that_differ(runs)
        lines = [_line(run) | {key: run.values.get(key) for key in keys} for run in runs]
        answer = cls(keys, lines, [[run] for run in runs])
        return answer.sorted("validation")

    def kept(self, filters: Sequence[str]) -> "Answer":
        """Return the lines that every one of `filters`, key=value, lets through.

        Raises:
            BenchError: one is no key=value, or its key is unknown.
        """
        runs = [run for (run,) in self.runs]
        for text in filters:
            key, equals, value = text.partition("=")
            if not equals:
                raise BenchError(f"--filter {text}: expected key=value, as in --filter model=cnn")
            known = {*FACTS, *(name for run in runs for name in run.values)}
            _refuse_unknown("--filter", key, known if runs else {key})
            runs = [run for run in runs if _same((_line(run) | run.values).get(key), value)]
        return Answer.of(runs) if filters else self

    def sorted(self, key: str) -> "Answer":
        """Return the lines by `key`, accuracies from the highest, unknown ones last.

        Raises:
            BenchError: `key` is no column.
        """
        _refuse_unknown("--sort", key, [*FACTS, *self.keys])

        def place(index: int) -> tuple[Any, ...]:
            value = self.lines[index].get(key)
            if isinstance(value, bool) or not isinstance(value, int | float):
                return value is None, 1, 0.0, word(value)
            return False, 0, -value if key in _FALLING else value, ""

        order = sorted(range(len(self.lines)), key=place)
        return Answer(self.keys, [self.lines[i] for i in order], [self.runs[i] for i in order])

    def grouped(self, key: str) -> "Answer":
        """Return a line for all runs that differ in `key` alone: means, and spread over them.

        Raises:
            BenchError: `key` is no column.
        """
        _refuse_unknown("--group", key, self.keys or [key])
        keys = [each for each in self.keys if each != key]
        groups: dict[tuple[str, ...], list[int]] = {}
        for index, line in enumerate(self.lines):
            groups.setdefault(tuple(word(line[each]) for each in keys), []).append(index)
        lines = [
            {each: self.lines[members[0]][each] for each in keys}
            | _together([self.lines[index] for index in members], key)
            for members in groups.values()
        ]
        runs = [
            [run for index in members for run in self.runs[index]] for members in groups.values()
        ]
        return Answer(keys, lines, runs).sorted("validation")

    def best(self, count: int) -> list[list[ListedRun]]:
        """Return the runs of the `count` lines of highest validation accuracy.

        Raises:
            BenchError: no run was validated.
        """
        ranked = self.sorted("validation")
        pairs = zip(ranked.lines, ranked.runs, strict=True)
        found = [runs for line, runs in pairs if line["validation"] is not None]
        if not found:
            raise BenchError("no finished run with validation images, so none is the best")
        return found[:count]


def _line(run: ListedRun) -> Line:
    return {name: getattr(run, "name" if name == "run" else name) for name in FACTS}


def _together(lines: Sequence[Line], key: str) -> Line:
    done = [line for line in lines if line["state"] == "done"]
    line: Line = dict.fromkeys(FACTS)
    states = dict.fromkeys(str(each["state"]) for each in lines)
    line["state"] = ", ".join(
        f"{sum(each['state'] == state for each in lines)} {state}" for state in states
    )
    values = sorted({word(each.get(key)) for each in lines}, key=lambda each: (len(each), each))
    line["run"] = f"{key}={','.join(values)}"
    for name in ("validation", "test"):
        scores = [each[name] for each in done if each[name] is not None]
        line[name] = mean(scores) if scores else None
        line[f"{name} std"] = stdev(scores) if len(scores) > 1 else None
    for name in ("epochs", "seconds"):
        known = [each[name] for each in done if each[name] is not None]
        line[name] = mean(known) if known else None
    return line


def _same(value: Any, text: str) -> bool:
    if word(value) == text or (isinstance(value, str) and value.rpartition(".")[2] == text):
        return True
    try:
        return isinstance(value, int | float) and math.isclose(value, float(text), rel_tol=1e-9)
    except ValueError:
        return False


def _refuse_unknown(flag: str, key: str, known: Iterable[str]) -> None:
    names = list(known)
    if key in names:
        return
    close = nearest_key(key, names)
    hint = f"did you mean {close}?" if close else f"choose from {', '.join(sorted(names)[:20])}"
    raise BenchError(f"{flag} {key}: no run has this key; {hint}")


def overrides_of(run: ListedRun, *, without: Sequence[str] = ()) -> list[str]:
    """Return the overrides that name the recipe of `run`, to paste behind `train`.

    Raises:
        BenchError: it was not asked for with overrides.
    """
    if not run.asked.overrides:
        raise BenchError(f"{run.name}: started without overrides; its recipe is in record.json")
    kept = [
        each
        for each in run.asked.overrides
        if any(True for key in _typed_keys([each]) if key not in without)
    ]
    return kept


def flat_lines(answer: Answer) -> list[Mapping[str, Any]]:
    """Return each run's facts and whole config, for programs."""
    return [{"run": run.name} | _line(run) | run.values for runs in answer.runs for run in runs]
