"""What happens after sending: an end agreed upon, seats handed over."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from yunqian.server.records.isolation import composite_key, immutable, through, wall

PROTECT = django.db.models.deletion.PROTECT
NOW = django.utils.timezone.now
META = {"abstract": False, "base_manager_name": "objects", "default_manager_name": "objects"}


def inside(target: str, related_name: str = "+") -> models.ForeignKey:
    """A reference inside one organization, guarded by a composite key."""
    return models.ForeignKey(
        db_constraint=False, on_delete=PROTECT, related_name=related_name, to=f"records.{target}"
    )


def person() -> models.ForeignKey:
    return models.ForeignKey(on_delete=PROTECT, related_name="+", to="records.person")


def owned(name: str, table: str, fields: list, **options: object) -> migrations.CreateModel:
    """A table of one organization."""
    key = models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)
    tenant = models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="+", to="records.tenant")
    return migrations.CreateModel(
        name=name,
        fields=[("id", key), *fields, ("tenant", tenant)],
        options={"db_table": table, **META, **options},
    )


# Who sits in a seat changes while it is to be signed, and never afterwards: a signature stays its person's.
KEEP_SEAT = """
CREATE FUNCTION keep_seat() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state NOT IN ('waiting', 'ready') OR NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'a seat is handed over while it is to be signed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.state = 'ready' THEN
        NEW.ready_at := now();
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER recipient_seat_is_kept BEFORE UPDATE OF person_id, person_name ON recipient
    FOR EACH ROW EXECUTE FUNCTION keep_seat()
"""
# Whom the envelope addresses, for the row policies and for searching; the old person loses both with this statement.
MOVE_ADDRESSED = """
CREATE FUNCTION move_addressed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    before text := OLD.person_id || '@' || OLD.for_tenant_id;
    following text := NEW.person_id || '@' || NEW.for_tenant_id;
BEGIN
    UPDATE envelope SET addressed = array_replace(addressed, before, following)
    WHERE tenant_id = NEW.tenant_id AND id = NEW.envelope_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the envelope of a seat is not the organization''s that writes';
    END IF;
    UPDATE search_entry SET marks = array_replace(marks, '@' || before, '@' || following)
    WHERE id = NEW.envelope_id;
    RETURN NULL;
END $$;
CREATE TRIGGER recipient_seat_is_addressed AFTER UPDATE OF person_id ON recipient
    FOR EACH ROW WHEN (OLD.person_id <> NEW.person_id) EXECUTE FUNCTION move_addressed();
REVOKE ALL ON FUNCTION move_addressed() FROM PUBLIC
"""


class Migration(migrations.Migration):
    dependencies = [("records", "0022_notices")]

    operations = [
        owned(
            "Ending",
            "ending",
            [
                ("proposer_name", models.CharField(max_length=100)),
                ("reason", models.CharField(max_length=200)),
                ("state", models.CharField(default="proposed", max_length=20)),
                ("proposed_at", models.DateTimeField(default=NOW)),
                ("decided_at", models.DateTimeField(null=True)),
                ("envelope", inside("envelope")),
                ("proposer", person()),
            ],
            constraints=[
                models.CheckConstraint(
                    condition=models.Q(("state__in", ["agreed", "proposed", "refused", "withdrawn"])),
                    name="ending_state_check",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("state", "proposed")), fields=("tenant", "envelope"), name="ending_once"
                ),
            ],
            indexes=[models.Index(fields=["tenant", "envelope", "-proposed_at"], name="ending_newest")],
        ),
        owned(
            "EndingVoice",
            "ending_voice",
            [
                ("person_name", models.CharField(max_length=100)),
                ("is_agreed", models.BooleanField()),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField(default=NOW)),
                ("ending", inside("ending", "voices")),
                ("person", person()),
            ],
            constraints=[
                models.UniqueConstraint(fields=("tenant", "ending", "person"), name="ending_voice_once")
            ],
        ),
        owned(
            "SeatHandover",
            "seat_handover",
            [
                ("from_name", models.CharField(max_length=100)),
                ("to_name", models.CharField(max_length=100)),
                ("at", models.DateTimeField(default=NOW)),
                ("envelope", inside("envelope")),
                ("recipient", inside("recipient")),
                ("from_person", person()),
                ("to_person", person()),
            ],
            indexes=[models.Index(fields=["tenant", "envelope", "at"], name="seat_handover_by_time")],
        ),
        *(
            migrations.RunSQL(statement)
            for statement in (
                *wall("ending", arms=[through("ending", "envelope_id", "envelope")]),
                *wall("ending_voice", arms=[through("ending_voice", "ending_id", "ending")]),
                *wall("seat_handover", arms=[through("seat_handover", "envelope_id", "envelope")]),
                composite_key("ending", "envelope_id", "envelope"),
                composite_key("ending_voice", "ending_id", "ending"),
                composite_key("seat_handover", "envelope_id", "envelope"),
                composite_key("seat_handover", "recipient_id", "recipient"),
                *immutable("ending_voice"),
                *immutable("seat_handover"),
                KEEP_SEAT,
                MOVE_ADDRESSED,
            )
        ),
    ]
