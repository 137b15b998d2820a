"""What every record has in common: managers that raise without a scope, and the one writer of a state."""

import uuid
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import models

from yunqian.problems import Problem, Refused
from yunqian.rules import lifecycle
from yunqian.server import scope

Row = TypeVar("Row", bound=models.Model)


class ScopedQuerySet(models.QuerySet[Row]):
    """Rows that exist only inside a scope: a query built inside and carried outside raises too.

    Django asks `db` for the connection at the moment when a query is really made, whatever its kind
    (list, count, exists, aggregate, update, delete, create), so one property closes them all.
    """

    @property
    def db(self) -> str:
        scope.current()
        return super().db


class ScopedManager(models.Manager.from_queryset(ScopedQuerySet)):  # type: ignore[misc]
    """Default and base manager of every record, so that related rows and saves pass here as well."""

    def get_queryset(self) -> ScopedQuerySet[Any]:
        """All rows that the scope may see. Raises ScopeMissing without one."""
        scope.current()
        return super().get_queryset()  # type: ignore[no-any-return]


class PlatformRow(models.Model):
    """A row that belongs to no organization; its table is on the named list of records/isolation.py."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    objects = ScopedManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"
        default_manager_name = "objects"


class TenantRow(models.Model):
    """A row of one organization; takes the organization of the scope by default.

    References to rows of the same organization are composite in the database, (tenant_id, x_id), because
    checks of foreign keys bypass the row policies. Django sees the plain one, without a constraint.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(
        "records.Tenant", on_delete=models.PROTECT, default=scope.tenant_id, related_name="+", db_index=False
    )

    objects = ScopedManager()

    if TYPE_CHECKING:
        tenant_id: uuid.UUID

    class Meta:
        abstract = True
        base_manager_name = "objects"
        default_manager_name = "objects"


def inside(target: str, *, related_name: str = "+", null: bool = False) -> Any:
    """A reference to a row of the same organization; the composite key that guards it is in the migration."""
    return models.ForeignKey(
        target, on_delete=models.PROTECT, db_constraint=False, related_name=related_name, null=null
    )


def one_of(column: str, values: Any, name: str) -> models.CheckConstraint:
    """A CHECK that `column` holds one of the words of the enumeration `values`."""
    return models.CheckConstraint(
        condition=models.Q((f"{column}__in", sorted(str(value) for value in values))), name=name
    )


def advance(row: models.Model, event: str) -> None:
    """Take `row` to the state that follows `event`: the only writer of a state column in the product.

    A compare-and-swap: when somebody else has moved the row since it was read, nothing changes.
    Raises Refused(TRANSITION_NOT_ALLOWED) then, and for a step that rules.lifecycle does not list.
    """
    state: str = row.state  # type: ignore[attr-defined]
    following = lifecycle.MACHINES[type(row).__name__].after(state, event)
    manager = type(row)._default_manager
    if not manager.filter(pk=row.pk, state=state).update(state=following):
        raise Refused(Problem.TRANSITION_NOT_ALLOWED, state=state, event=str(event))
    row.state = following  # type: ignore[attr-defined]


__all__ = ["PlatformRow", "ScopedManager", "ScopedQuerySet", "TenantRow", "advance", "inside", "one_of"]
