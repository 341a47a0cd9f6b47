"""A run before it runs: its frozen config, its data, and the folder that is its own."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fmnist_bench.errors import BenchError
from fmnist_bench.files import atomic_write
from fmnist_bench.records.identity import run_identity
from fmnist_bench.records.names import fit_for_a_folder, folder_name

FILE_NAME = "spec.json"


@dataclass(frozen=True)
class Spec:
    """`config` is fully resolved; `data_folder` holds the four raw idx files of that digest."""

    config: dict[str, Any]
    data_folder: Path
    data_digest: str

    def __post_init__(self) -> None:
        """Check that the row's name can name a folder.

        Raises:
            BenchError: it cannot.
        """
        name = self.config["row"]["name"]
        if not fit_for_a_folder(name):
            raise BenchError(
                f"row.name: {name!r}, expected letters, digits, dots, dashes and underscores"
            )

    @property
    def identity(self) -> str:
        """Hash (hex) that no other run shares."""
        return run_identity(self.config, self.data_digest)

    @property
    def name(self) -> str:
        """Name of the run, and of its folder: row, dataset, seed and start of its identity."""
        config = self.config
        return folder_name(
            config["row"]["name"], config["data"]["name"], config["seed"], self.identity
        )

    @property
    def folder(self) -> Path:
        """Folder of the run below its config's `paths.outputs`."""
        return Path(self.config["paths"]["outputs"]) / "runs" / self.name

    def write(self) -> None:
        """Write `spec.json` into the run's folder, from which its process starts."""
        content = {
            "config": self.config,
            "data_folder": str(self.data_folder),
            "data_digest": self.data_digest,
        }
        with atomic_write(self.folder / FILE_NAME) as file:
            file.write((json.dumps(content, indent=1) + "\n").encode())


def read_spec(folder: Path) -> Spec:
    """Read `spec.json` from `folder`.

    Raises:
        BenchError: it is missing or unreadable.
    """
    path = folder / FILE_NAME
    try:
        content = json.loads(path.read_bytes())
        return Spec(content["config"], Path(content["data_folder"]), content["data_digest"])
    except (OSError, ValueError, KeyError) as error:
        raise BenchError(f"{path}: not a run's spec ({error}); start the run again") from None
