"""Who is looking, and for which organization: the one place where a database transaction begins.

A scope is one durable transaction (it cannot be nested) with transaction-local settings, `app.person`,
`app.tenant`, `app.certificate`, `app.seal_code` and `app.envelope_code`, which the row policies of
records/isolation.py read. They end with the transaction, so a connection that is used again carries nothing of the
one before. Without a scope the
managers raise, and the database by itself shows no row.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from psycopg import errors
from psycopg.pq import TransactionStatus

from yunqian.problems import Problem, Refused


class ScopeMissing(RuntimeError):
    """Rows were asked for outside a scope: a defect of the caller, never of a person."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Who is looking. Both are None in the platform's own door, which opens no tenant's table."""

    person_id: UUID | None
    tenant_id: UUID | None
    is_writing: bool
    certificate_sha256: str | None = None
    seal_code: str | None = None
    envelope_code: str | None = None

    @property
    def is_platform(self) -> bool:
        """True where only the tables without a tenant are to be seen."""
        return self.person_id is None and self.tenant_id is None


@dataclass(frozen=True)
class Pass:
    """Proof that access was granted to rows of `tenant_id`; access.permit derives its Permit from it."""

    tenant_id: UUID


_current: ContextVar[Scope | None] = ContextVar("scope", default=None)


@contextmanager
def entered(*, person_id: UUID | None, tenant_id: UUID | None) -> Iterator[Scope]:
    """Open the one writing transaction for a person acting for an organization; commits at the end.

    A job acts for the organization alone (`person_id` None). Raises RuntimeError inside another scope.
    """
    with _opened(Scope(person_id, tenant_id, is_writing=True)) as scope:
        yield scope


@contextmanager
def reading(*, person_id: UUID | None, tenant_id: UUID | None) -> Iterator[Scope]:
    """Open a transaction in which the database itself refuses every write.

    `tenant_id` None is the person alone, who sees his memberships and nothing else of any organization.
    """
    with _opened(Scope(person_id, tenant_id, is_writing=False)) as scope:
        yield scope


@contextmanager
def platform(*, is_writing: bool = False) -> Iterator[Scope]:
    """The explicit door to the tables that belong to no organization: log in, find a person by account."""
    with _opened(Scope(None, None, is_writing)) as scope:
        yield scope


@contextmanager
def proved(certificate_sha256: str) -> Iterator[Scope]:
    """Read what is bound to a certificate whose key was proved a moment ago, before anybody knows whose it is."""
    with _opened(Scope(None, None, is_writing=False, certificate_sha256=certificate_sha256)) as scope:
        yield scope


@contextmanager
def published(seal_code: str) -> Iterator[Scope]:
    """Read the one seal that carries this public code, as anybody may."""
    with _opened(Scope(None, None, is_writing=False, seal_code=seal_code)) as scope:
        yield scope


@contextmanager
def printed(envelope_code: str) -> Iterator[Scope]:
    """Read the one envelope that carries this public code, with its documents and signers, as anybody may."""
    with _opened(Scope(None, None, is_writing=False, envelope_code=envelope_code)) as scope:
        yield scope


@contextmanager
def showing(certificate_sha256: str) -> Iterator[Scope]:
    """Inside a scope, see also whose a proved certificate is, in whichever organization it is bound."""
    with _moved(replace(current(), certificate_sha256=certificate_sha256)) as inside:
        yield inside


@contextmanager
def _moved(inside: Scope) -> Iterator[Scope]:
    """The same transaction, looked at by another scope, and back at the end."""
    before = current()
    mark = _current.set(inside)
    _announce(inside)
    try:
        yield inside
    finally:
        _current.reset(mark)
        if connection.connection.info.transaction_status is TransactionStatus.INTRANS:
            _announce(before)
        else:  # the transaction has failed and carries nothing further
            transaction.set_rollback(True)


@contextmanager
def switched(permit: Pass) -> Iterator[Scope]:
    """Inside a scope, move to the organization that owns the permitted rows, and back at the end.

    The person stays the same. Nothing but a Pass opens this door: an envelope belongs to one organization
    while its recipients sit in others.
    """
    if not isinstance(permit, Pass):
        raise ScopeMissing("scope.switched wants a permit")
    with _moved(replace(current(), tenant_id=permit.tenant_id)) as inside:
        yield inside


def current() -> Scope:
    """The scope of this thread. Raises ScopeMissing when there is none."""
    scope = _current.get()
    if scope is None:
        raise ScopeMissing("rows are reached only inside scope.entered, scope.reading or scope.platform")
    return scope


def tenant_id() -> UUID:
    """The organization whose rows are written now; new rows take it by default."""
    scope = current()
    if scope.tenant_id is None:
        raise ScopeMissing("this scope is of no organization")
    return scope.tenant_id


def alone(name: str) -> None:
    """For the rest of the transaction, let those who name the same thing follow one another."""
    current()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def is_open() -> bool:
    """True inside a scope, where adapters refuse to reach for the network."""
    return _current.get() is not None


def refusal(error: BaseException) -> Refused | None:
    """What a person is told about a failure of the database, or None for what is a defect of ours.

    An unreachable or restarting server, a lock not gained in time and a deadlock may go better next time; a
    full disk is the operator's matter.
    """
    cause = error.__cause__ if isinstance(error, DatabaseError | InterfaceError) else error
    if isinstance(cause, errors.DiskFull):
        return Refused(Problem.VAULT_FULL)
    is_passing = isinstance(cause, _PASSING)
    is_gone = isinstance(cause, errors.OperationalError | errors.InterfaceError) and cause.sqlstate is None
    is_closed = isinstance(error, OperationalError | InterfaceError) and cause is None
    return Refused(Problem.DATABASE_UNAVAILABLE) if is_passing or is_gone or is_closed else None


_PASSING = (
    errors.ConnectionException,
    errors.ConnectionFailure,
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.TooManyConnections,
    errors.LockNotAvailable,
    errors.DeadlockDetected,
    errors.SerializationFailure,
    errors.QueryCanceled,
    errors.IdleInTransactionSessionTimeout,
)


@contextmanager
def _opened(scope: Scope) -> Iterator[Scope]:
    with transaction.atomic(durable=True):
        mark = _current.set(scope)
        try:
            _announce(scope, is_first=True)
            yield scope
        finally:
            _current.reset(mark)


def _announce(scope: Scope, *, is_first: bool = False) -> None:
    """Tell the transaction who looks, in one round trip; empty text stands for nobody."""
    names = ("app.person", "app.tenant", "app.certificate", "app.seal_code", "app.envelope_code")
    query = "SELECT " + ", ".join(f"set_config('{name}', %s, true)" for name in names)
    if is_first and not scope.is_writing:
        query += ", set_config('transaction_read_only', 'on', true)"
    with connection.cursor() as cursor:
        told = (
            scope.person_id,
            scope.tenant_id,
            scope.certificate_sha256,
            scope.seal_code,
            scope.envelope_code,
        )
        cursor.execute(query, [str(one or "") for one in told])
