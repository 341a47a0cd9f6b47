"""`fmnist-bench schema`: print the JSON Schema of a run record."""

import argparse
import json

from fmnist_bench.records.record import Record


def main(argv: list[str]) -> int:
    """Print the schema."""
    argparse.ArgumentParser(
        prog="fmnist-bench schema", description="Print the JSON Schema of record.json."
    ).parse_args(argv)
    print(json.dumps(Record.model_json_schema(), indent=1))
    return 0
