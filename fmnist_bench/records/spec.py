"""A run before it runs: its frozen config, the digest of its data, the folder that is its own."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from fmnist_bench.config.kinds import recipe_of
from fmnist_bench.errors import BenchError
from fmnist_bench.files import atomic_write
from fmnist_bench.records.identity import run_identity
from fmnist_bench.records.names import fit_for_a_folder, folder_name

FILE_NAME = "spec.json"


@dataclass(frozen=True)
class Asked:
    """How a run was asked for; nothing of it changes the run.

    `overrides` are Hydra's, `choices` what it chose of each config group. `sweep` is the name of
    the sweep that it belongs to, None of a single run, and `differing` maps the keys in which
    that differs to this run's values.
    """

    overrides: tuple[str, ...] = ()
    choices: Mapping[str, str] = field(default_factory=dict)
    sweep: str | None = None
    differing: Mapping[str, Any] | None = None


NOT_ASKED = Asked()


@dataclass(frozen=True)
class Spec:
    """`config` is fully resolved; `data_digest` is that of the files, None of a foreign module."""

    config: dict[str, Any]
    data_digest: str | None
    asked: Asked = field(default=NOT_ASKED, compare=False)

    def __post_init__(self) -> None:
        """Check that the names of row and dataset can name a folder.

        Raises:
            BenchError: one cannot.
        """
        for key, name in (("row.name", self.config["row"]["name"]), ("data.name", self.dataset)):
            if not fit_for_a_folder(name):
                raise BenchError(
                    f"{key}: {name[:50]!r}, expected up to 100 letters, digits, dots, dashes and "
                    "underscores"
                )

    @cached_property
    def recipe(self) -> dict[str, Any]:
        """All of `config` that can change what is learned."""
        return recipe_of(self.config)

    @cached_property
    def identity(self) -> str:
        """Hash (hex) that no other run shares."""
        return run_identity(self.recipe, self.data_digest)

    @property
    def dataset(self) -> str:
        """Name of the data: `data.name`, or what its class is called."""
        data = self.config["data"]
        return str(data.get("name") or str(data.get("_target_")).rpartition(".")[2])

    @property
    def name(self) -> str:
        """Name of the run, and of its folder: row, dataset, seed and start of its identity."""
        config = self.config
        return folder_name(config["row"]["name"], self.dataset, config["seed"], self.identity)

    @property
    def folder(self) -> Path:
        """Folder of the run below its config's `paths.outputs`."""
        return Path(self.config["paths"]["outputs"]) / "runs" / self.name

    def write(self) -> None:
        """Write `spec.json` into the run's folder, from which its process starts."""
        content = {"config": self.config, "data_digest": self.data_digest}
        content["asked"] = asdict(self.asked)
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
        asked = content.get("asked", {})
        asked |= {"overrides": tuple(asked.get("overrides", ()))}
        return Spec(content["config"], content["data_digest"], Asked(**asked))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BenchError(f"{path}: not a run's spec ({error}); start the run again") from None
