"""The walls in the database: row policies, composite keys, immutability and grants, as SQL from a few words.

Migrations call these functions for every new table; tests/house/test_isolation.py reads the catalogue and
turns red for a table that was forgotten. A policy has two arms: the owner organization (`app.tenant`) may
read and write, and a person addressed by an envelope (`app.person`) may read, as long as he acts for the
organization for which he was addressed. `envelope.addressed`, kept by a trigger on `recipient`, is what the
second arm asks, so that no policy refers back to itself.
"""

from collections.abc import Iterable, Sequence

TENANT = "nullif(current_setting('app.tenant', true), '')::uuid"
PERSON = "nullif(current_setting('app.person', true), '')::uuid"
ADDRESSED_PAIR = "(current_setting('app.person', true) || '@' || current_setting('app.tenant', true))"
"""Who looks and for which organization, as `envelope.addressed` writes the two."""
MINE_FOR = f"recipient.person_id = {PERSON} AND recipient.for_tenant_id = {TENANT}"
"""The condition "this recipient is who looks, for the organization he acts for"."""
AT_THE_DESK = f"EXISTS (SELECT FROM tenant WHERE tenant.id = {TENANT} AND tenant.kind = 'authority')"
"""The condition "who looks acts for the certificate authority"; which of its people may look is a grant."""

SHOWN_FOR_LOGIN = "sha256 = nullif(current_setting('app.certificate', true), '') AND person_id IS NOT NULL"
"""The condition "this is the certificate whose key was just proved, and it is a person's"."""

SHOWN_WHEN_BINDING = f"sha256 = nullif(current_setting('app.certificate', true), '') AND {TENANT} IS NOT NULL"
"""The condition "this is the certificate whose key was just proved", for a person who wants it bound to himself."""

SHOWN_BY_CODE = "public_code = nullif(current_setting('app.seal_code', true), '')"
"""The condition "this is the seal whose public code was asked for", of which anybody may learn whether it is in use."""

SHOWN_BY_ENVELOPE_CODE = "public_code = nullif(current_setting('app.envelope_code', true), '')"
"""The condition "this is the envelope whose 查验码 was asked for". Its documents and signers are seen through it."""

PLATFORM_TABLES = frozenset(
    {
        "person",
        "tenant",
        "login_attempt",
        "login_challenge",
        "open_session",
        "phone_code",
        "mail_code",
        "identity_check",
        "django_session",
        "django_migrations",
        "search_entry",
        "procrastinate_jobs",
        "procrastinate_events",
        "procrastinate_periodic_defers",
        "procrastinate_workers",
    }
)
"""Every table that belongs to no organization. A new one is put here deliberately or the build fails."""

_READ, _ADD, _CHANGE = "SELECT", "SELECT, INSERT", "SELECT, INSERT, UPDATE"
GRANTS: dict[str, str] = {
    "person": _CHANGE,
    "tenant": _CHANGE,
    "login_attempt": f"{_ADD}, DELETE",
    "login_challenge": f"{_ADD}, UPDATE (taken_at), DELETE",
    "open_session": f"{_ADD}, UPDATE (key), DELETE",
    "phone_code": f"{_ADD}, UPDATE (tries_left, taken_at, ended_at), DELETE",
    "mail_code": f"{_ADD}, UPDATE (tries_left, taken_at, ended_at), DELETE",
    "identity_check": _ADD,
    "django_session": f"{_CHANGE}, DELETE",
    "django_migrations": _READ,
    "department": f"{_CHANGE}, DELETE",
    "role": f"{_CHANGE}, DELETE",
    "role_holder": f"{_ADD}, UPDATE (until_at), DELETE",
    "member": _CHANGE,
    "grant": f"{_ADD}, UPDATE (until_at, granted_by_id, granted_at), DELETE",
    "invitation": f"{_ADD}, UPDATE (state, taken_by_id, taken_at)",
    "certificate": _CHANGE,
    "binding_challenge": f"{_ADD}, UPDATE (taken_at), DELETE",
    "binding_request": _CHANGE,
    "seal": _CHANGE,
    "seal_certificate": f"{_ADD}, DELETE",
    "seal_grant": f"{_ADD}, UPDATE (until_at, needs_approval, granted_by_id, granted_at), DELETE",
    "seal_application": _CHANGE,
    "seal_event": _ADD,
    "seal_use_approval": _CHANGE,
    "seal_use": _ADD,
    "seal_ceremony": f"{_ADD}, DELETE",
    "upload": f"{_CHANGE}, DELETE",
    "incoming_upload": f"{_ADD}, UPDATE (parts, checking_at, upload_id), DELETE",
    "envelope": f"{_ADD}, UPDATE (state, deadline_at, completed_at, addressed, keeper_id, "
    "ended_by_name, ended_reason, due_at, reminded_at)",
    "draft": f"{_CHANGE}, DELETE",
    "proposed_place": _ADD,
    "recipient": f"{_ADD}, UPDATE (state, signed_at, person_id, person_name)",
    "document": f"{_ADD}, UPDATE (head)",
    "revision": _ADD,
    "ceremony": f"{_ADD}, UPDATE (state)",
    "sign_order": _CHANGE,
    "batch": _ADD,
    "batch_line": _ADD,
    "enrolment": _CHANGE,
    "unlock": _CHANGE,
    "ending": f"{_ADD}, UPDATE (state, decided_at)",
    "ending_voice": _ADD,
    "seat_handover": _ADD,
    "notice": f"{_ADD}, UPDATE (read_at), DELETE",
    "notice_delivery": f"{_ADD}, UPDATE (state, attempts, last_problem, claimed_at, ended_at), DELETE",
    "audit_event": _ADD,
}
"""What the application's role may do; column lists keep what was sent to people as it was sent."""

FUNCTIONS = ("search_found(boolean, text[], timestamptz, timestamptz, timestamptz, uuid, integer)",)
"""Functions that nobody else may call. They look past the policies, for the person and organization of the settings."""


def wall(table: str, *, arms: Sequence[str] = ()) -> list[str]:
    """Row security that even the owner obeys: the owner organization's arm, and read-only `arms`.

    Also the key (tenant_id, id) that composite references point to.
    """
    own = f"tenant_id = {TENANT}"
    statements = [
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
        f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
        f'CREATE POLICY own_organization ON "{table}" USING ({own}) WITH CHECK ({own})',
        f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_tenant_key" UNIQUE (tenant_id, id)',
    ]
    statements.extend(arm(table, number, condition) for number, condition in enumerate(arms, start=1))
    return statements


def arm(table: str, number: int, condition: str) -> str:
    """One policy that lets rows be read, beside that of the owner organization."""
    return f'CREATE POLICY addressed_{number} ON "{table}" FOR SELECT USING ({condition})'


def through(table: str, column: str, target: str) -> str:
    """The condition "the row that `column` refers to in `target` is visible", by that table's own policies."""
    return (
        f'EXISTS (SELECT FROM "{target}" WHERE "{target}".tenant_id = "{table}".tenant_id '
        f'AND "{target}".id = "{table}".{column})'
    )


def composite_key(table: str, column: str, target: str) -> str:
    """A reference inside one organization. A null reference (MATCH SIMPLE) refers to nothing."""
    return (
        f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_{column}_inside" '
        f'FOREIGN KEY (tenant_id, "{column}") REFERENCES "{target}" (tenant_id, id)'
    )


def immutable(table: str) -> list[str]:
    """Triggers that refuse UPDATE, DELETE and TRUNCATE, whoever asks."""
    row = f'CREATE TRIGGER {table}_is_kept BEFORE UPDATE OR DELETE ON "{table}" FOR EACH ROW'
    whole = f'CREATE TRIGGER {table}_is_kept_whole BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT'
    return [f"{row} EXECUTE FUNCTION refuse_change()", f"{whole} EXECUTE FUNCTION refuse_change()"]


REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$
"""

KEEP_ADDRESSED = """
CREATE FUNCTION keep_addressed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE envelope SET addressed = array_append(addressed, NEW.person_id)
    WHERE tenant_id = NEW.tenant_id AND id = NEW.envelope_id AND NOT NEW.person_id = ANY (addressed);
    RETURN NULL;
END $$;
CREATE TRIGGER recipient_is_addressed AFTER INSERT ON recipient
    FOR EACH ROW EXECUTE FUNCTION keep_addressed()
"""


def grants(role: str, tables: Iterable[str]) -> list[str]:
    """What `role` may do with `tables`, stated anew: first nothing, then the listed privileges.

    Jobs are the library's own tables: its worker changes and prunes them.
    """
    statements = [f'GRANT USAGE ON SCHEMA public TO "{role}"']
    for table in sorted(tables):
        privileges = (
            "SELECT, INSERT, UPDATE, DELETE" if table.startswith("procrastinate_") else GRANTS.get(table)
        )
        statements.append(f'REVOKE ALL ON "{table}" FROM "{role}"')
        if privileges:
            statements.append(f'GRANT {privileges} ON "{table}" TO "{role}"')
    statements.extend(f'GRANT EXECUTE ON FUNCTION {one} TO "{role}"' for one in FUNCTIONS)
    statements.append(f'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO "{role}"')
    return statements
