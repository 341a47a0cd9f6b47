"""scripts/setup with the interpreter, the installer and the disk faked: what it calls and says."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Notes its words, obeys `-m venv` and `-m pip install uv`, and fails as $FAIL says.
PYTHON = """#!/bin/bash
echo "python $*" >>"$CALLS"
case "$*" in
    "-c "*) exit 0 ;;
    "-m venv "*) mkdir -p "${@: -1}/bin" && cp "$0" "${@: -1}/bin/python" ;;
    "-m pip --version") ;;
    *" uv") [ -n "$PIP_HAS_UV" ] && cp "$FAKES/working-uv" "$(dirname "$0")/uv" ;;
    "-m pip install"*) exec "$FAKES/working-uv" "$@" ;;
esac
"""
UV = """#!/bin/bash
echo "${0##*/} $*" >>"$CALLS"
[ "$1" = --version ] && exit
if [ -n "$SAYS" ]; then echo "$SAYS" >&2; exit 2; fi
echo "Resolved 2 packages in 1s"
echo "warning: nobody wants to read this"
echo " + torch==2"
touch .venv/bin/fmnist-bench && chmod +x .venv/bin/fmnist-bench
"""
BROKEN = "#!/bin/bash\nexit 1\n"


class Clone:
    """A clone's scripts with a PATH of fakes in front."""

    def __init__(self, folder: Path) -> None:
        self.root, self.fakes, self.calls = folder / "clone", folder / "fakes", folder / "calls"
        shutil.copytree(ROOT / "scripts", self.root / "scripts")
        for name in ("pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, self.root)
        self.fakes.mkdir()
        self.fake(working_uv := "working-uv", UV)
        self.fake("uv", (self.fakes / working_uv).read_text())
        self.fake("python3", PYTHON)
        self.disk(gigabytes=100)

    def fake(self, name: str, script: str) -> None:
        (self.fakes / name).write_text(script)
        (self.fakes / name).chmod(0o755)

    def disk(self, gigabytes: int) -> None:
        self.fake("df", f"#!/bin/bash\necho Header\necho /dev/x 1 1 {gigabytes}000000 1% /\n")

    def setup(self, *extras: str, **env: str) -> "subprocess.CompletedProcess[str]":
        """Call scripts/setup; what it called is then in `called`."""
        self.calls.write_text("")
        base = {"PATH": f"{self.fakes}:/usr/bin:/bin", "FAKES": str(self.fakes)}
        return subprocess.run(
            ["bash", "scripts/setup", *extras],
            cwd=self.root,
            env={**base, "CALLS": str(self.calls), **env},
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )

    @property
    def installs(self) -> list[str]:
        """Return the calls that install the package."""
        return [line for line in self.calls.read_text().splitlines() if "--editable" in line]


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def test_uv_installs_what_training_needs_and_a_second_call_does_nothing(clone: Clone) -> None:
    first = clone.setup()
    assert first.returncode == 0, first.stderr
    assert re.search(r"fetches up to \S+ GB, wants 6 GB .* minute", first.stdout)
    assert "Resolved 2" in first.stdout
    assert "nobody" not in first.stdout + first.stderr
    assert [line.split()[0] for line in clone.installs] == ["uv"]
    assert clone.installs[0].endswith(f"--editable {clone.root}")
    second = clone.setup()
    assert (second.returncode, second.stdout, clone.installs) == (0, "", [])


def test_extras_are_added_once_and_kept_when_a_pin_changes(clone: Clone) -> None:
    clone.setup()
    clone.setup("dev")
    assert clone.installs[0].endswith("[dev]")
    clone.setup()
    assert clone.installs == []
    with (clone.root / "constraints.txt").open("a") as pins:
        pins.write("another==1\n")
    clone.setup("tune")
    assert clone.installs[0].endswith("[dev,tune]")


@pytest.mark.parametrize(
    ("pip_has_uv", "installer"), [("1", "uv pip install"), ("", "python -m pip install")]
)
def test_without_uv_on_the_path(clone: Clone, pip_has_uv: str, installer: str) -> None:
    clone.fake("uv", BROKEN)
    done = clone.setup(PIP_HAS_UV=pip_has_uv)
    assert done.returncode == 0, done.stderr
    assert clone.installs[0].startswith(installer)
    assert (clone.root / ".venv" / "bin" / "uv").exists() == bool(pip_has_uv)


def test_an_interrupted_installation_goes_on(clone: Clone) -> None:
    stopped = clone.setup(SAYS="Terminated")
    assert stopped.returncode == 2
    assert "call again to go on" in stopped.stderr
    done = clone.setup()
    assert done.returncode == 0
    assert "-m venv" not in clone.calls.read_text()


def test_no_supported_python(clone: Clone) -> None:
    for name in ("python3", "python3.13", "python3.12", "python3.11"):
        clone.fake(name, BROKEN)
    assert refused(clone.setup()).startswith("no Python 3.11, 3.12 or 3.13 on PATH; install one")


def test_no_room_on_the_disk(clone: Clone) -> None:
    clone.disk(gigabytes=5)
    assert "5 GB free" in refused(clone.setup())
    assert not (clone.root / ".venv").exists()
    clone.fake("uname", "#!/bin/bash\necho Darwin\n")
    assert clone.setup().returncode == 0, "no CUDA on macOS"


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ("error: No space left on device (os error 28)", "disk of .* is full; make room"),
        ("  cause: dns error\n  cause: No version of hatchling", "look at the network"),
        ("WARNING: Retrying after connection broken by X", "look at the network"),
        ("  Because there is no version of timm==9.9 and we", r"timm==9\.9 is not .* constraints"),
        (
            "ERROR: No matching distribution found for timm==9.9",
            r"timm==9\.9 is not .* constraints",
        ),
    ],
)
def test_what_the_installer_says_becomes_one_line(clone: Clone, says: str, expected: str) -> None:
    assert re.search(expected, refused(clone.setup(SAYS=says)))
    assert clone.setup().returncode == 0


def test_no_file_names_a_registry() -> None:
    files = [*(ROOT / "scripts").glob("[a-z]*"), ROOT / "pyproject.toml", ROOT / "constraints.txt"]
    for path in files:
        if path.is_file():
            assert not re.search(r"index-url|find-links|pypi\.org|/simple", path.read_text()), path


def test_bench_ends_with_the_board_and_three_commands(clone: Clone) -> None:
    clone.setup()
    program = clone.root / ".venv" / "bin" / "fmnist-bench"
    program.write_text('#!/bin/bash\necho "ran $*"\nexit ${FAILS:-0}\n')
    for fails in ("0", "1"):
        done = subprocess.run(
            ["bash", "scripts/bench", "quick", "trainer=cpu"],
            cwd=clone.root,
            env={"PATH": f"{clone.fakes}:/usr/bin:/bin", "FAILS": fails},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == int(fails)
    assert f"ran bench quick trainer=cpu --outputs {clone.root}/outputs" in done.stdout
    assert f"{clone.root}/outputs/leaderboard.md" in done.stdout
    assert len(re.findall(r"^  fmnist-bench \w+ .* #", done.stdout, re.MULTILINE)) == 3


def refused(done: "subprocess.CompletedProcess[str]") -> str:
    """Return the one line of an exit with status 2, without the script's name."""
    assert done.returncode == 2, done.stdout
    [line] = done.stderr.splitlines()
    assert line.startswith("scripts/setup: ")
    return line.removeprefix("scripts/setup: ")
