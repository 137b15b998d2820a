"""The border to the outside: who waits for another machine does not hold rows meanwhile (house rule 5)."""

from yunqian.server import scope


def refuse_inside_a_transaction() -> None:
    """Raise RuntimeError where a scope is open: a defect of the caller, which the first test of it shows.

    A network call may take as long as its time limit; rows locked that long stop everybody else. What needs
    the outside is two transactions around the call.
    """
    if scope.is_open():
        raise RuntimeError("the outside is asked before or after a transaction, never inside one")
