"""What every record has in common: managers that raise without a scope, and the one writer of a state."""

import uuid
from typing import Any, ClassVar, Self, TypeVar

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


class ScopedManager(models.Manager[Row]):
    """Default and base manager of every record, so that related rows and saves pass here as well."""

    def get_queryset(self) -> ScopedQuerySet[Row]:
        """All rows that the scope may see. Raises ScopeMissing without one."""
        scope.current()
        return ScopedQuerySet(self.model, using=self._db)


class PlatformRow(models.Model):
    """A row that belongs to no organization; its table is on the named list of records/isolation.py."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"
        default_manager_name = "objects"


class TenantRow(models.Model):
    """A row of one organization; takes the organization of the scope by default.

    References to rows of the same organization are composite in the database, (tenant_id, x_id), because
    checks of foreign keys bypass the row policies. Django sees the plain one, `db_constraint=False`; the
    composite one that guards it is in the migration.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey("records.Tenant", models.PROTECT, related_name="+", db_index=False)

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"
        default_manager_name = "objects"

    def __init__(self, *columns: Any, **values: Any) -> None:
        # Rows from the database come as columns. A default on the field would do the same, and would tell
        # every reader that a row may be without its organization.
        if not columns and values.keys().isdisjoint({"tenant", "tenant_id"}):
            values["tenant_id"] = scope.tenant_id()
        super().__init__(*columns, **values)


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


__all__ = ["PlatformRow", "ScopedManager", "ScopedQuerySet", "TenantRow", "advance", "one_of"]
