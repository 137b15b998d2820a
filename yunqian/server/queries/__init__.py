"""Reads. `@query` opens one read-only transaction and recognises the actor; the database refuses any write."""

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from yunqian.server import scope
from yunqian.server.access.actor import Actor, Asking, recognise

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


def query(
    function: Callable[Concatenate[Actor, Arguments], Answer],
) -> Callable[Concatenate[Asking, Arguments], Answer]:
    """Turn a function of an Actor inside a transaction into one of an Asking that opens it."""

    @functools.wraps(function)
    def asked(asking: Asking, /, *arguments: Arguments.args, **named: Arguments.kwargs) -> Answer:
        with scope.reading(person_id=asking.person_id, tenant_id=asking.tenant_id):
            return function(recognise(asking), *arguments, **named)

    return asked
