"""Nobody is locked out of his own organization: somebody can always give rights."""

from django.db import connection

from yunqian.problems import Problem, Refused
from yunqian.server.access.members import Administration
from yunqian.wire.envelope import Right

_LASTING = """
WITH RECURSIVE given AS (
    SELECT member_id, role_id, department_id FROM "grant"
    WHERE tenant_id = %(tenant)s AND "right" = %(right)s AND until_at IS NULL
), below(id) AS (
    SELECT department_id FROM given WHERE department_id IS NOT NULL
    UNION
    SELECT department.id FROM department, below
    WHERE department.tenant_id = %(tenant)s AND department.parent_id = below.id
)
SELECT EXISTS (
    SELECT FROM member WHERE tenant_id = %(tenant)s AND is_active AND (
        id IN (SELECT member_id FROM given)
        OR department_id IN (SELECT id FROM below)
        OR id IN (
            SELECT member_id FROM role_holder
            WHERE tenant_id = %(tenant)s AND until_at IS NULL AND role_id IN (SELECT role_id FROM given)
        )
    )
)
"""


def require_one(permit: Administration) -> None:
    """Raise Refused(LAST_ADMINISTRATOR), which takes the change back, where no lasting administrator is left.

    Call it after the change, in its transaction; members.administer lets such changes come one after another.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LASTING, {"tenant": permit.tenant_id, "right": Right.MEMBERS})
        (is_left,) = cursor.fetchone()
    if not is_left:
        raise Refused(Problem.LAST_ADMINISTRATOR)
