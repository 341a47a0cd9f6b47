"""`fmnist-bench completion SHELL`: what makes a shell complete commands, flags and overrides."""

import argparse

SHELLS = ("bash", "zsh", "fish")


def main(argv: list[str]) -> int:
    """Print the shell's code; `eval "$(fmnist-bench completion bash)"` takes it."""
    from argcomplete.shell_integration import shellcode

    shell = parser().parse_args(argv).shell
    print(shellcode(["fmnist-bench"], shell="fish" if shell == "fish" else "bash"))
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what the command takes."""
    made = argparse.ArgumentParser(
        prog="fmnist-bench completion",
        description='Print code for a shell: eval "$(fmnist-bench completion bash)", the same '
        "with zsh (after autoload -U bashcompinit && bashcompinit), or "
        "fmnist-bench completion fish | source.",
    )
    made.add_argument("shell", choices=SHELLS)
    return made
