"""What the package says of itself: its metadata, its README elsewhere, the version everywhere."""

import os
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest
import yaml

from fmnist_bench import __version__

ROOT = Path(__file__).parents[2]
FORGE = {"GITHUB_SERVER_URL": "https://forge.example", "GITHUB_REPOSITORY": "a/b"}


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Wheel and sdist as a forge builds them."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--no-isolation", "--sdist", "--wheel"]
    done = subprocess.run(
        [*build, "--outdir", str(folder), str(ROOT)],
        env={**os.environ, **FORGE, "GITHUB_SHA": "1234"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def metadata(dist: Path) -> Message:
    [wheel] = dist.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        [name] = [name for name in file.namelist() if name.endswith("dist-info/METADATA")]
        return message_from_bytes(file.read(name))


def test_twine_finds_nothing_wrong(dist: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", *map(str, dist.iterdir())],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("PASSED") == 2


def test_the_readme_of_the_package_has_no_relative_link(dist: Path) -> None:
    text = str(metadata(dist).get_payload())
    targets = [link.split(")")[0] for link in text.split("](")[1:]]
    assert len(targets) > 5
    assert all(target.startswith(("https://", "#")) for target in targets), targets
    assert "](https://forge.example/a/b/blob/1234/results/leaderboard.md" in text
    assert "](https://forge.example/a/b/raw/1234/results/pictures/" in text


def test_urls_are_those_of_the_repository_that_builds(dist: Path) -> None:
    urls = metadata(dist).get_all("Project-URL", [])
    assert urls
    assert all("https://forge.example/a/b" in url for url in urls)


def test_the_sdist_holds_what_its_wheel_is_built_from(dist: Path) -> None:
    [sdist] = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as file:
        names = {name.split("/", 1)[1] for name in file.getnames()}
    assert {"scripts/readme_links.py", "conf/config.yaml", "fmnist_bench/py.typed"} <= names
    assert {"CHANGELOG.md", "CITATION.cff"} <= names


def test_one_version_everywhere() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == __version__
    assert f"\n## {__version__}\n" in (ROOT / "CHANGELOG.md").read_text()


@pytest.mark.parametrize(
    ("schema", "pattern"),
    [
        ("github-workflows", ".github/workflows/*.yml"),
        ("github-issue-forms", ".github/ISSUE_TEMPLATE/*_*.yml"),
        ("github-issue-config", ".github/ISSUE_TEMPLATE/config.yml"),
        ("citation-file-format", "CITATION.cff"),
    ],
)
def test_what_others_read_has_their_schema(schema: str, pattern: str) -> None:
    files = sorted(map(str, ROOT.glob(pattern)))
    assert files
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    done = subprocess.run([*command, *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
