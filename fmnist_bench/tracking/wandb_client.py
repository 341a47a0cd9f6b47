"""How W&B's client is set up, whatever run it shows."""

import os
from typing import Any


def quieten() -> None:
    """Set what the client reads when it is imported: no chatter, no reports to its makers."""
    os.environ["WANDB_SILENT"] = "true"
    os.environ["WANDB_ERROR_REPORTING"] = "false"


def server_url() -> str:
    """Return the address of W&B: WANDB_BASE_URL, `wandb login --host`, or the public one."""
    quieten()
    import wandb

    return os.environ.get("WANDB_BASE_URL") or str(wandb.setup().settings.base_url)


def client_settings(process: int | None, seconds: float) -> dict[str, Any]:
    """Return settings for a run that waits `seconds` for W&B at its start and at its end.

    `process` is the one whose use of the machine is measured, if any.
    """
    return {
        # Terminal output, package lists and git remotes can hold secrets; the commit is in
        # the config.
        "console": "off",
        "disable_code": True,
        "disable_git": True,
        "x_save_requirements": False,
        "silent": True,
        "init_timeout": seconds,
        "login_timeout": seconds,
        "finish_timeout": seconds,
        "finish_timeout_raises": True,
        "x_disable_stats": process is None,
        **({} if process is None else {"x_stats_pid": process}),
    }
