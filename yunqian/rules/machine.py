"""What a state machine is: a table, and nothing that is not in it. The machines themselves are in rules.lifecycle."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from yunqian.problems import Problem, Refused


@dataclass(frozen=True)
class Machine:
    """A named table of permitted steps, with its first state, and others in which a row may also begin."""

    name: str
    states: tuple[StrEnum, ...]
    first: StrEnum
    steps: Mapping[tuple[str, str], str]
    other_firsts: frozenset[StrEnum] = frozenset()

    def after(self, state: str, event: str) -> str:
        """The state that follows `event` in `state`.

        Plain strings are accepted because a database row holds plain strings.
        Raises Refused(TRANSITION_NOT_ALLOWED) for every pair the table does not list.
        """
        following = self.steps.get((state, event))
        if following is None:
            raise Refused(Problem.TRANSITION_NOT_ALLOWED, state=str(state), event=str(event))
        return str(following)

    @property
    def final(self) -> frozenset[str]:
        """The states that nothing leaves."""
        return frozenset(map(str, self.states)) - {str(state) for state, _ in self.steps}
