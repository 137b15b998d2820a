"""How the stand-ins for the outside are told to fail and to lie: a file `behave` in their folder."""

from pathlib import Path

SAID_NAME = "behave"


def mood(folder: Path) -> str:
    """The one word that a stand-in was told, or nothing."""
    try:
        return (folder / SAID_NAME).read_text(encoding="utf-8").strip()
    except OSError:
        return ""
