"""Names of run folders, and what makes a row's name fit for one."""

import re

_FIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def folder_name(row: str, dataset: str, seed: int, identity: str) -> str:
    """Return the name of a run, and of its folder."""
    return f"{row}-{dataset}-s{seed}-{identity[:12]}"


def fit_for_a_folder(name: str) -> bool:
    """Whether `name` can be a folder's name anywhere, and nothing but that."""
    return bool(_FIT.fullmatch(name)) and not name.endswith(".")
