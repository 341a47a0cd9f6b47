"""The board as files of data: `leaderboard.csv`, `.json`, `.parquet`, and as a DataFrame.

Pure functions, as the Markdown board: the same board gives the same bytes.
"""

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from fmnist_bench.board.entries import COLUMNS, SCHEMA_VERSION, entries
from fmnist_bench.board.standings import Board
from fmnist_bench.errors import BenchError

if TYPE_CHECKING:
    import pandas as pd

_FORMULA = ("=", "+", "-", "@")


def board_csv(board: Board) -> bytes:
    """Return the board as CSV, `schema_version` first; lists are joined by semicolons."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["schema_version", *COLUMNS])
    for entry in entries(board):
        writer.writerow([SCHEMA_VERSION, *(_cell(value) for value in entry.values())])
    return text.getvalue().encode()


def board_json(board: Board) -> bytes:
    """Return the board as JSON: `schema_version` and `entries`; see `entries.json_schema`."""
    content = {"schema_version": SCHEMA_VERSION, "entries": list(entries(board))}
    return (json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def board_parquet(board: Board) -> bytes:
    """Return the board as Parquet, with the schema's version in its metadata.

    Raises:
        BenchError: pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise BenchError(
            'leaderboard --parquet: needs pyarrow; pip install "fmnist-bench[parquet]", '
            "in a clone scripts/setup parquet"
        ) from None
    kinds = {"string": pa.string(), "integer": pa.int64(), "number": pa.float64()}
    kinds |= {"boolean": pa.bool_(), "integers": pa.list_(pa.int64())}
    kinds |= {"strings": pa.list_(pa.string())}
    schema = pa.schema(
        [(name, kinds[kind]) for name, (_, kind, _) in COLUMNS.items()],
        metadata={"schema_version": str(SCHEMA_VERSION)},
    )
    packed = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(list(entries(board)), schema), packed)
    return packed.getvalue()


def board_frame(board: Board) -> "pd.DataFrame":
    """Return the board as a DataFrame: a line for each row and dataset, `COLUMNS` across.

    `board_frame(read_board(Path("results")))` is the official one.
    """
    import pandas as pd

    return pd.DataFrame(list(entries(board)), columns=list(COLUMNS)).convert_dtypes()


FORMATS = {"csv": board_csv, "json": board_json, "parquet": board_parquet}
"""Ending of `leaderboard.` -> what writes it."""


def _cell(value: Any) -> Any:
    text = "; ".join(map(str, value)) if isinstance(value, list) else value
    # A spreadsheet would run what begins like a formula.
    return f"'{text}" if isinstance(text, str) and text.startswith(_FORMULA) else text
