"""The board as others read it: Croissant metadata of its data, and a model card for each row.

scripts/metadata.py results/leaderboard.csv SITE --url https://...: writes SITE/croissant.json,
which describes the CSV beside it, and SITE/cards/ROW.md, whose head has the row's figures as a
model-index (Hugging Face's model card metadata). The CSV is of `fmnist-bench leaderboard --csv`.
"""

import argparse
import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from fmnist_bench import __version__
from fmnist_bench.board.entries import COLUMNS

CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "recordSet": "cr:recordSet",
    "source": "cr:source",
}
LICENSE = "https://spdx.org/licenses/MIT.html"
KINDS = {"integer": "sc:Integer", "number": "sc:Float", "boolean": "sc:Boolean"}
"""Types of the board -> those of Croissant; lists stand in a cell as text."""

Line = Mapping[str, str]


def croissant(board: bytes, names: Sequence[str], url: str, day: date) -> dict[str, Any]:
    """Return the description of `board`, the CSV whose columns are `names` (Croissant 1.0)."""
    columns = {"schema_version": ("", "integer", "version of these columns")} | COLUMNS
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"board/{name}",
            "name": name,
            "description": columns[name][2],
            "dataType": KINDS.get(columns[name][1], "sc:Text"),
            "source": {"fileObject": {"@id": "leaderboard.csv"}, "extract": {"column": name}},
        }
        for name in names
    ]
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "fmnist_bench_board",
        "description": "Accuracies on Fashion-MNIST and MNIST, a row per recipe and dataset, "
        "computed from stored predictions of every planned seed.",
        "version": __version__,
        "license": LICENSE,
        "url": url,
        "creator": {"@type": "sc:Organization", "name": "fmnist_bench contributors", "url": url},
        "datePublished": day.isoformat(),
        "citeAs": "fmnist_bench contributors, fmnist_bench (CITATION.cff)",
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": "leaderboard.csv",
                "name": "leaderboard.csv",
                "description": "The board, a line for each row and dataset.",
                "contentUrl": "leaderboard.csv",
                "encodingFormat": "text/csv",
                "sha256": hashlib.sha256(board).hexdigest(),
            }
        ],
        "recordSet": [{"@type": "cr:RecordSet", "@id": "board", "name": "board", "field": fields}],
    }


def _count(line: Line) -> int:
    return len(line["seeds"].split("; "))


def card(lines: list[Line], url: str) -> str:
    """Return the model card of a row, of which `lines` has one dataset each."""
    first = lines[0]
    results = [
        {
            "task": {"type": "image-classification"},
            "dataset": {"type": line["dataset"], "name": line["dataset"], "split": "test"},
            "metrics": [
                {
                    "type": "accuracy",
                    "name": f"accuracy, mean of {_count(line)} seeds",
                    "value": float(line["mean"]),
                }
            ],
            "source": {"name": "fmnist_bench board", "url": url},
        }
        for line in lines
    ]
    head = {
        "license": "mit",
        "library_name": "pytorch",
        "pipeline_tag": "image-classification",
        "datasets": [line["dataset"] for line in lines],
        "metrics": ["accuracy"],
        "model-index": [{"name": first["row"], "results": results}],
    }
    table = [
        f"| {line['dataset']} | {100 * float(line['mean']):.2f} | "
        f"{100 * float(line['total_low']):.2f} to {100 * float(line['total_high']):.2f} | "
        f"{_count(line)} of {line['planned']} | {line['tier']} |"
        for line in lines
    ]
    body = [
        f"# {first['classifier']}",
        f"Images: {first['preprocessing']}. Parameters: {first['parameters']}. "
        f"Code: {first['code']}.",
        "\n".join(
            [
                "| data | accuracy, % | 95 % over seeds and images | seeds | tier |",
                "|---|---|---|---|---|",
                *table,
            ]
        ),
        f"Train it: `fmnist-bench train experiment={first['row']}`.",
    ]
    yaml_head = yaml.safe_dump(head, sort_keys=False, allow_unicode=True)
    return f"---\n{yaml_head}---\n\n" + "\n\n".join(body) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("board", type=Path)
    parser.add_argument("site", type=Path)
    parser.add_argument("--url", required=True, help="where the repository is")
    parser.add_argument("--date", type=date.fromisoformat, default=date.today())
    options = parser.parse_args()
    content = options.board.read_bytes()
    lines = list(csv.DictReader(content.decode().splitlines()))
    (options.site / "cards").mkdir(parents=True, exist_ok=True)
    described = croissant(content, list(lines[0]), options.url, options.date)
    (options.site / "croissant.json").write_text(json.dumps(described, indent=1) + "\n")
    rows: dict[str, list[Line]] = {}
    for line in lines:
        if line["mean"]:
            rows.setdefault(line["row"], []).append(line)
    for row, its in rows.items():
        (options.site / "cards" / f"{Path(row).name}.md").write_text(card(its, options.url))


if __name__ == "__main__":
    main()
