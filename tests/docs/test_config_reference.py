from pathlib import Path

from omegaconf import DictConfig, OmegaConf

ROOT = Path(__file__).parents[2]

SOURCE = """# What the group is for.
# @package _global_
defaults: [_base, _self_]

# Between
# two lines.
first: 1
part:            # a node
  _target_: some.Class
  inner: "a: b"  # quoted
  other: null
"""


def test_keys_carry_the_comment_behind_above_or_their_target() -> None:
    from config_reference import Key, header, keys

    assert header(SOURCE) == "What the group is for."
    assert list(keys(SOURCE)) == [
        Key("first", "1", "Between two lines."),
        Key("part", "", "a node"),
        Key("part.inner", '"a: b"', "quoted"),
        Key("part.other", "null", "argument of `some.Class`"),
    ]


def test_every_top_level_key_of_the_config_is_told() -> None:
    from config_reference import keys

    text = (ROOT / "conf" / "config.yaml").read_text()
    loaded = OmegaConf.create(text)
    assert isinstance(loaded, DictConfig)
    told = {key.name for key in keys(text)}
    assert {str(key) for key in loaded} - {"defaults"} <= told


def test_every_choice_is_listed_and_every_key_has_a_meaning() -> None:
    from config_reference import reference

    page = reference(ROOT / "conf")
    for path in (ROOT / "conf").rglob("*/*.yaml"):
        group = path.parent.relative_to(ROOT / "conf").as_posix()
        assert path.stem == "_base" or f"| `{group}={path.stem}` |" in page, path
    assert [line for line in page.splitlines() if line.endswith("|  |")] == []
