"""Writes. `@action` opens the one transaction and leaves exactly one AuditEvent in it.

An action returns Done(answer, trace). A `trace` of None means that nothing was written, because the same
request had been answered before. A refusal rolls everything back; for the rights that matter in evidence
(SEAL, DOWNLOAD) the refusal itself is then recorded, in a transaction of its own, in the ledger of the
organization for which the person was acting: he may have no business in the envelope's own.
"""

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Concatenate, Generic, ParamSpec, TypeVar
from uuid import UUID

from django.utils import timezone

from yunqian.problems import Fault, Problem, Refused
from yunqian.server import scope
from yunqian.server.access.actor import Actor, Asking, recognise
from yunqian.server.actions import ledger

_IDENTIFIER = re.compile(r"[0-9a-fA-F-]{32,36}")
Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Trace:
    """What the ledger says about an action. `owner` is the organization whose ledger it is."""

    owner: scope.Pass
    envelope_id: UUID | None
    facts: ledger.Facts = field(default_factory=dict)


@dataclass(frozen=True)
class Done(Generic[Answer]):
    """The answer of an action, and its trace."""

    answer: Answer
    trace: Trace | None


def action(
    kind: str,
) -> Callable[
    [Callable[Concatenate[Actor, Arguments], Done[Answer]]],
    Callable[Concatenate[Asking, Arguments], Answer],
]:
    """Make a function of an Actor, inside a transaction, an action whose event has this `kind`."""

    def decorate(
        function: Callable[Concatenate[Actor, Arguments], Done[Answer]],
    ) -> Callable[Concatenate[Asking, Arguments], Answer]:
        @functools.wraps(function)
        def asked(asking: Asking, /, *arguments: Arguments.args, **named: Arguments.kwargs) -> Answer:
            with scope.entered(person_id=asking.person_id, tenant_id=asking.tenant_id):
                done = function(recognise(asking), *arguments, **named)
                _leave(asking, kind, done.trace)
                return done.answer

        return asked

    return decorate


def refusals_recorded(
    kind: str,
) -> Callable[
    [Callable[Concatenate[Asking, Arguments], Answer]],
    Callable[Concatenate[Asking, Arguments], Answer],
]:
    """Record the refusals of what is asked, as events of this `kind`; every other outcome passes untouched."""

    def decorate(
        function: Callable[Concatenate[Asking, Arguments], Answer],
    ) -> Callable[Concatenate[Asking, Arguments], Answer]:
        @functools.wraps(function)
        def asked(asking: Asking, /, *arguments: Arguments.args, **named: Arguments.kwargs) -> Answer:
            try:
                return function(asking, *arguments, **named)
            except Refused as refusal:
                if _is_worth_recording(refusal):
                    _record_refusal(asking, kind, refusal, named)
                raise

        return asked

    return decorate


def _leave(asking: Asking, kind: str, trace: Trace | None) -> None:
    if trace is None:
        return
    with scope.switched(trace.owner):
        ledger.append(
            kind,
            envelope_id=trace.envelope_id,
            person_id=asking.person_id,
            facts=trace.facts,
            at=timezone.now(),
        )


def _is_worth_recording(refusal: Refused) -> bool:
    """What a rule forbade, or a signature that did not fit, is evidence; a busy database is not.

    A suspended member's requests are not recorded: his organization has already closed its ledger to him.
    """
    row = refusal.problem.row
    is_evidence = row.fault in (Fault.RIGHTS, Fault.KEY) or row.status == 404
    return is_evidence and refusal.problem is not Problem.MEMBER_SUSPENDED


def _record_refusal(asking: Asking, kind: str, refusal: Refused, named: Mapping[str, object]) -> None:
    subjects: dict[str, ledger.Fact] = {
        name: value if _IDENTIFIER.fullmatch(value) else "malformed"
        for name, value in named.items()
        if name.endswith("_id") and isinstance(value, str)
    }
    with scope.entered(person_id=asking.person_id, tenant_id=asking.tenant_id):
        ledger.append(
            kind,
            envelope_id=None,
            person_id=asking.person_id,
            facts={"problem": refusal.problem.code, **subjects},
            at=timezone.now(),
        )
