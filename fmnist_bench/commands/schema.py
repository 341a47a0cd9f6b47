"""`fmnist-bench schema`: print the JSON Schema of a run record or of the board."""

import argparse
import json


def main(argv: list[str]) -> int:
    """Print the schema."""
    if parser().parse_args(argv).of == "record":
        from fmnist_bench.records.record import Record

        schema = Record.model_json_schema()
    else:
        from fmnist_bench.board.entries import json_schema

        schema = json_schema()
    print(json.dumps(schema, indent=1))
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what the command takes."""
    made = argparse.ArgumentParser(
        prog="fmnist-bench schema",
        description="Print the JSON Schema of record.json, or of leaderboard.json.",
    )
    made.add_argument("of", nargs="?", choices=("record", "leaderboard"), default="record")
    return made
