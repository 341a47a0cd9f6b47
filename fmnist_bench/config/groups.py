"""What each config group is, for those who choose from it."""

import textwrap

from fmnist_bench.config.refusal import choices_of

GROUPS = {
    "model": "the net, and the LightningModule around it",
    "data": "the images",
    "experiment": "a whole recipe, as it stands on the board",
    "augment": "what is done to training images at random",
    "mixing": "whether pairs of training images are mixed",
    "optimizer": "the optimizer, with its learning rate optimizer.lr",
    "schedule": "how the learning rate moves",
    "loss": "what is made small",
    "method": "how the net is taught: plainly, by another net, or on the hardest images",
    "callbacks": "what acts at the epochs' ends; several as callbacks=[ema,early_stopping]",
    "protocol": "which training images validate, and which weights are scored",
    "trainer": "the machine: its processor, devices, and Lightning's Trainer",
    "logger": "where curves go; several as logger=[csv,wandb]",
    "sweep": "with -m: a list of pairs that are swept together",
    "hydra/launcher": "with -m: how jobs run: one after another, side by side, on a cluster",
}
"""Group of conf/ -> what it is, in the order in which a person meets them."""

_OF_HYDRA = {"hydra/launcher": ["basic"]}


def described(width: int = 96) -> str:
    """Return a paragraph for each group: what it is, and its choices."""
    lines = []
    for group, text in GROUPS.items():
        choices = ", ".join([*_OF_HYDRA.get(group, []), *choices_of(group)])
        lines.append(f"  {group}: {text}")
        lines += textwrap.wrap(choices, width, initial_indent="      ", subsequent_indent="      ")
    return "\n".join(lines)
