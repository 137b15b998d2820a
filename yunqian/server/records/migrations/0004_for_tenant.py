"""For which organization a person was addressed: the column, the rows there are, and the policies that ask it."""

import django.db.models.deletion
from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

from yunqian.server.records.isolation import ADDRESSED_PAIR, MINE_FOR, arm, through

# The policies bind the owner too, and whom an old envelope addressed stands in rows of every organization: for
# the length of this transaction, in which the tables are locked, the owner sees its own tables whole.
TABLES = ("recipient", "envelope", "member")
OPENED = [f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY' for table in TABLES]
CLOSED = ["SET CONSTRAINTS ALL IMMEDIATE"]  # a table with checks still to be made cannot be altered
CLOSED += [f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY' for table in TABLES]

# As starting an envelope chose it: the initiator's organization for a member of it, else the person's home.
# Without either he stands for the owner, where he can act only once he is a member.
FILL = """
UPDATE recipient SET for_tenant_id = CASE
    WHEN EXISTS (SELECT FROM member WHERE member.tenant_id = recipient.tenant_id
                 AND member.person_id = recipient.person_id) THEN recipient.tenant_id
    ELSE coalesce((SELECT home_id FROM person WHERE person.id = recipient.person_id), recipient.tenant_id)
END
"""

KEEP_ADDRESSED = """
CREATE OR REPLACE FUNCTION keep_addressed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    pair text := NEW.person_id || '@' || NEW.for_tenant_id;
BEGIN
    UPDATE envelope SET addressed = array_append(addressed, pair)
    WHERE tenant_id = NEW.tenant_id AND id = NEW.envelope_id AND NOT pair = ANY (addressed);
    RETURN NULL;
END $$
"""

PAIRS = """
UPDATE envelope SET addressed = coalesce(
    (SELECT array_agg(person_id || '@' || for_tenant_id ORDER BY turn, recipient.id) FROM recipient
     WHERE recipient.tenant_id = envelope.tenant_id AND recipient.envelope_id = envelope.id), '{}')
"""

OF_CEREMONY = (
    "EXISTS (SELECT FROM recipient WHERE recipient.tenant_id = ceremony.tenant_id "
    f"AND recipient.id = ceremony.recipient_id AND {MINE_FOR})"
)
ARMS = [
    ("envelope", 1, f"{ADDRESSED_PAIR} = ANY (addressed)"),
    ("recipient", 1, MINE_FOR),
    ("recipient", 2, through("recipient", "envelope_id", "envelope")),
    ("ceremony", 1, OF_CEREMONY),
]


def ran(*statements: str) -> list[migrations.RunSQL]:
    return [migrations.RunSQL(statement) for statement in statements]


class Migration(migrations.Migration):
    dependencies = [("records", "0003_isolation")]
    operations = [
        *ran(*OPENED),
        migrations.AddField(
            "recipient",
            "for_tenant",
            models.ForeignKey(
                "records.tenant",
                null=True,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
            ),
        ),
        *ran(FILL),
        migrations.AlterField(
            "recipient",
            "for_tenant",
            models.ForeignKey(
                "records.tenant",
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
            ),
        ),
        migrations.RemoveIndex("recipient", "recipient_by_person"),
        migrations.AddIndex(
            "recipient", models.Index(fields=["person", "for_tenant", "state"], name="recipient_by_person")
        ),
        *ran(*(f"DROP POLICY addressed_{number} ON {table}" for table, number, _ in ARMS)),
        migrations.AlterField(
            "envelope",
            "addressed",
            ArrayField(models.TextField(), default=list, editable=False),
        ),
        *ran(PAIRS, KEEP_ADDRESSED, *(arm(*one) for one in ARMS), *CLOSED),
    ]
