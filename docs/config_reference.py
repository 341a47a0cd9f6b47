"""The config reference, from the comments in conf/: each group, its choices, its keys."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_KEY = re.compile(r"^( *)([\w./-]+):(?:\s+(?!#)(.*?))?(?:\s+#\s*(.*))?$")
_TARGET = re.compile(r"_target_: *([\w.]+)")
LISTED = ("experiment", "bench", "search", "sweep")
"""Groups of which only the choices are told: their files hold values of keys told elsewhere."""


@dataclass(frozen=True)
class Key:
    """A key with its dotted name, its value as written, and what its comment says."""

    name: str
    value: str
    meaning: str


def header(text: str) -> str:
    """Return the comment at the top of a file of conf/."""
    lines = []
    for line in text.splitlines():
        if line.startswith("# @"):
            continue
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("# "))
    return " ".join(lines)


def keys(text: str) -> Iterator[Key]:
    """Yield the keys of a file of conf/ but for its defaults.

    What a key means says the comment behind it or right above it; without one, it is an argument
    of the `_target_` beside it.
    """
    lines = text.splitlines()
    while lines and lines[0].startswith("#"):
        del lines[0]
    path: list[tuple[int, str]] = []
    targets: dict[str, str] = {}
    above: list[str] = []
    for line in lines:
        if line.lstrip().startswith("#"):
            above.append(line.strip("# "))
            continue
        match = _KEY.match(line)
        if match is None:
            above = []
            continue
        indent, name, value, behind = match.groups(default="")
        path = [*(p for p in path if p[0] < len(indent)), (len(indent), name)]
        parent, dotted = ".".join(n for _, n in path[:-1]), ".".join(n for _, n in path)
        said, above = behind or " ".join(above), []
        if name == "_target_":
            targets[parent] = value
        elif not dotted.startswith("defaults") and name != "_partial_":
            if inside := _TARGET.search(value):
                said = said or f"`{inside[1]}`"
            meant = said or (f"argument of `{targets[parent]}`" if parent in targets else "")
            yield Key(dotted, value, meant)


def reference(conf: Path) -> str:
    """Return the page, in Markdown."""
    main = (conf / "config.yaml").read_text()
    parts = [
        "# Config reference",
        "Made from the comments in `conf/`. A key is set on the command line as `key=value`, a "
        "group as `group=choice`; `fmnist-bench train --cfg job` prints what comes out.",
        "## Top level",
        _key_table([key for key in keys(main) if not key.name.startswith("hydra")]),
    ]
    for folder in sorted(path for path in conf.rglob("*") if path.is_dir()):
        files = sorted(folder.glob("*.yaml"), key=lambda path: (path.stem != "_base", path.stem))
        if files:
            parts += _group(folder.relative_to(conf).as_posix(), files)
    return "\n\n".join(parts) + "\n"


def _group(name: str, files: list[Path]) -> Iterator[str]:
    yield f"## {name}"
    texts = {path.stem: path.read_text() for path in files}
    rows = [
        f"| `{name}={stem}` | {_cell(_about(text))} |"
        for stem, text in texts.items()
        if stem != "_base"
    ]
    yield "\n".join(["| choice | what it is |", "| --- | --- |", *rows])
    if name not in LISTED:
        found: dict[str, Key] = {}
        for text in texts.values():
            for key in keys(text):
                known = found.get(key.name)
                if key.name.startswith(("row", "fastest")) or key.value == "{}":
                    continue
                if known is None or (key.meaning and not known.meaning):
                    found[key.name] = key
        yield _key_table(list(found.values()))


def _about(text: str) -> str:
    classifier = re.search(r"classifier: \"?([^\"}\n]*[^\"}\n,])", text)
    target = _TARGET.search(text)
    return header(text) or (classifier and classifier[1]) or (f"`{target[1]}`" if target else "")


def _key_table(rows: list[Key]) -> str:
    lines = [
        f"| `{key.name}` | {_code(key.value)} | {_cell(key.meaning)} |"
        for key in rows
        if key.value or key.meaning
    ]
    return "\n".join(["| key | value | meaning |", "| --- | --- | --- |", *lines])


def _code(value: str) -> str:
    short = value if len(value) <= 60 else value[:57] + "..."
    return f"`{_cell(short)}`" if short else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
