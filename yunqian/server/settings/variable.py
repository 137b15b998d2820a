"""Where a setting comes from, for docs/configuration.md."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable, what holds without it, and its meaning, in Markdown."""

    name: str
    default: str
    meaning: str
