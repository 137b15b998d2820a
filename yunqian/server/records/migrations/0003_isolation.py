"""Row policies, composite keys and immutability for the first tables."""

from django.db import migrations

from yunqian.server.records.isolation import (
    KEEP_ADDRESSED,
    PERSON,
    REFUSE_CHANGE,
    composite_key,
    immutable,
    through,
    wall,
)

IS_MINE = f"person_id = {PERSON}"

STATEMENTS = [
    *wall("member", arms=[IS_MINE]),
    *wall("grant"),
    *wall("certificate"),
    *wall("seal"),
    *wall("seal_certificate"),
    *wall("seal_grant"),
    *wall("upload"),
    *wall("envelope", arms=[f"{PERSON} = ANY (addressed)"]),
    *wall("recipient", arms=[IS_MINE, through("recipient", "envelope_id", "envelope")]),
    *wall("document", arms=[through("document", "envelope_id", "envelope")]),
    *wall("revision", arms=[through("revision", "document_id", "document")]),
    # A sealing session and what a key is asked to sign are for the one person who signs, not for the others
    # whom the envelope addresses.
    *wall(
        "ceremony",
        arms=[
            "EXISTS (SELECT FROM recipient WHERE recipient.tenant_id = ceremony.tenant_id "
            f"AND recipient.id = ceremony.recipient_id AND recipient.person_id = {PERSON})"
        ],
    ),
    *wall("sign_order", arms=[through("sign_order", "ceremony_id", "ceremony")]),
    *wall("audit_event", arms=[through("audit_event", "envelope_id", "envelope")]),
    composite_key("grant", "member_id", "member"),
    composite_key("seal_certificate", "seal_id", "seal"),
    composite_key("seal_certificate", "certificate_id", "certificate"),
    composite_key("seal_grant", "seal_id", "seal"),
    composite_key("seal_grant", "member_id", "member"),
    composite_key("recipient", "envelope_id", "envelope"),
    composite_key("document", "envelope_id", "envelope"),
    composite_key("revision", "document_id", "document"),
    composite_key("revision", "order_id", "sign_order"),
    composite_key("ceremony", "envelope_id", "envelope"),
    composite_key("ceremony", "document_id", "document"),
    composite_key("ceremony", "recipient_id", "recipient"),
    composite_key("sign_order", "ceremony_id", "ceremony"),
    composite_key("audit_event", "envelope_id", "envelope"),
    "CREATE INDEX envelope_addressed ON envelope USING gin (addressed)",
    REFUSE_CHANGE,
    *immutable("audit_event"),
    *immutable("revision"),
    KEEP_ADDRESSED,
]


class Migration(migrations.Migration):
    dependencies = [("records", "0002_tables")]
    operations = [migrations.RunSQL(statement) for statement in STATEMENTS]
