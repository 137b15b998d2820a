"""Through what a member holds what he holds: himself, his roles, his department and every one above it.

Asked anew in each transaction, with the time of now, so that what ends or is taken back ends at the next request.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from yunqian.server.records.models import Grant, Member

_ABOVE = """
WITH RECURSIVE above(id, parent_id) AS (
    SELECT id, parent_id FROM department WHERE tenant_id = %(tenant)s AND id = %(department)s
    UNION
    SELECT department.id, department.parent_id FROM department, above
    WHERE department.tenant_id = %(tenant)s AND department.id = above.parent_id
)
SELECT id, NULL::uuid FROM above
UNION ALL
SELECT NULL, role_id FROM role_holder
WHERE tenant_id = %(tenant)s AND member_id = %(member)s AND (until_at IS NULL OR until_at > %(now)s)
"""


@dataclass(frozen=True)
class Held:
    """The holders that one member is, and stands in for."""

    tenant_id: UUID
    member_id: UUID
    role_ids: frozenset[UUID]
    department_ids: frozenset[UUID]

    def matching(self, prefix: str = "") -> Q:
        """The condition "given to one of these holders, and not over", on rows with the columns of a HeldRow.

        `prefix` is the way to such rows from the rows that are filtered, such as "seal_grants__".
        """
        to = (
            Q((f"{prefix}member_id", self.member_id))
            | Q((f"{prefix}role_id__in", self.role_ids))
            | Q((f"{prefix}department_id__in", self.department_ids))
        )
        lasts = Q((f"{prefix}until_at", None)) | Q((f"{prefix}until_at__gt", timezone.now()))
        return to & lasts


def of(member: Member) -> Held:
    """The holders of a member, in one question to the database. Call it in the scope of his organization."""
    asked = {
        "tenant": member.tenant_id,
        "member": member.id,
        "department": member.department_id,
        "now": timezone.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ABOVE, asked)
        found = cursor.fetchall()
    return Held(
        tenant_id=member.tenant_id,
        member_id=member.id,
        role_ids=frozenset(role for _, role in found if role),
        department_ids=frozenset(department for department, _ in found if department),
    )


def rights(held: Held) -> frozenset[str]:
    """Every right that reaches the member through any of his holders."""
    rows = Grant.objects.filter(held.matching(), tenant_id=held.tenant_id)
    return frozenset(rows.values_list("right", flat=True))
