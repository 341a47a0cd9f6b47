"""Writes the pages and pictures of the site that come from code, conf/ and results/."""

from pathlib import Path

from config_reference import reference
from power import draw, power_table

ROOT = Path(__file__).parents[1]
ROOMS = {
    "nets": "plain nets",
    "data": "images, their split, augmentations, batches",
    "config": "the config's types, composing and freezing it",
    "records": "a run before and after",
    "training": "one run",
    "board": "rows, intervals, ties, checks",
    "inference": "a finished run as something that predicts and exports",
    "pictures": "every picture",
    "tracking": "mirrors of a run",
    "jobs": "many runs, each in its own process",
    "search": "recipes found on validation images",
}
"""Rooms of the package, from the lowest up, and what each holds."""


def write_pages(docs: Path) -> None:
    """Write below `docs`/generated what the other pages include and link."""
    folder = docs / "generated"
    folder.mkdir(exist_ok=True)
    _write(folder / "config.md", reference(ROOT / "conf"))
    for room, says in ROOMS.items():
        _write(folder / f"api-{room}.md", _api(room, says))
    _write(folder / "power.md", power_table(ROOT / "results"))
    if not (folder / "statistics.svg").exists():
        draw(ROOT / "results", folder / "statistics.svg")


def _api(room: str, says: str) -> str:
    lines = [f"# fmnist_bench.{room}", f"{says[0].upper()}{says[1:]}."]
    for path in sorted((ROOT / "fmnist_bench" / room).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        lines.append(f"```{{eval-rst}}\n.. automodule:: {module}\n   :members:\n```")
    return "\n\n".join(lines) + "\n"


def _write(path: Path, text: str) -> None:
    """Write only what changed, so that Sphinx builds again only that."""
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
