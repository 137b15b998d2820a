"""The user manual: no step without a scene, no picture that no scene takes, both languages with the same pictures."""

import re
from pathlib import Path

from tests.house.tree import ROOT
from tools import manual_steps

MANUAL = ROOT / "docs" / "manual"
SCENES = ROOT / "tests" / "scenes"
PICTURE = re.compile(r"!\[[^\]]+\]\(images/([\w-]+)\.png\)")


def shown(page: Path) -> list[str]:
    """The pictures of a page, in its order."""
    return PICTURE.findall(page.read_text("utf-8"))


def taken() -> set[str]:
    """Every name that a scene gives a picture: the last text of a call of picture(), or picture= of a step."""
    names: set[str] = set()
    for path in SCENES.glob("*.py"):
        text = path.read_text("utf-8")
        names |= set(re.findall(r"picture\(\s*f?\"([^\"]+)\"", text)) | set(
            re.findall(r"picture=\"([^\"]+)\"", text)
        )
    return names


def is_taken(name: str, names: set[str]) -> bool:
    """Also by a name with a part filled in, such as `client-download-{desktop}`."""
    return any(re.fullmatch(re.sub(r"\\{[^}]*\\}", r"[\\w-]+", re.escape(one)), name) for one in names)


def test_every_step_of_the_manual_has_a_scene() -> None:
    done = manual_steps.scenes()
    assert [number for number in manual_steps.steps() if number not in done] == []


def test_no_scene_names_a_step_that_the_manual_has_not() -> None:
    assert sorted(set(manual_steps.scenes()) - set(manual_steps.steps())) == []


def test_every_picture_of_the_manual_is_taken_by_a_scene() -> None:
    names = taken()
    pictures = shown(MANUAL / "README.md")
    assert pictures
    assert [one for one in pictures if not is_taken(one, names)] == []


def test_both_languages_show_the_same_pictures_in_the_same_order() -> None:
    assert shown(MANUAL / "README.en.md") == shown(MANUAL / "README.md")


def test_each_language_leads_to_the_other_and_to_steps_and_clicks() -> None:
    for page, other in (("README.md", "README.en.md"), ("README.en.md", "README.md")):
        text = (MANUAL / page).read_text("utf-8")
        assert [one for one in (other, "steps.md", "clicks.md") if f"({one})" not in text] == []
