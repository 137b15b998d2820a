"""Finding envelopes in lists: plain text kept beside the title, the order of each list as an index, and an inverted
index that is asked past the row policies by one function alone (decision 36).

The database keeps all of it by triggers, so that no way of writing can leave it behind.
"""

from django.db import migrations, models
from django.db.models import F

# As people compare names: wide and narrow forms, upper and lower case alike, nothing invisible, one kind of space.
# The search words pass through the same function, so both sides always agree.
PLAIN = r"""
CREATE FUNCTION search_plain(written text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT btrim(regexp_replace(replace(translate(lower(regexp_replace(normalize(written, NFKC),
        '[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]', '', 'g')),
        'ς', 'σ'), 'ß', 'ss'), '\s+', ' ', 'g'))
$$
"""

# Every character and every pair of neighbours, none across a space: Chinese words are often two characters long.
GRAMS = """
CREATE FUNCTION search_grams(plain text, tag text DEFAULT '') RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT tag || gram COLLATE "C"), '{}')
    FROM (SELECT sign, sign || lead(sign) OVER (ORDER BY place) AS pair
          FROM unnest(string_to_array(plain, NULL)) WITH ORDINALITY AS signs (sign, place)) AS pairs,
         LATERAL (VALUES (sign), (pair)) AS both_ (gram)
    WHERE position(' ' IN gram) = 0
$$
"""

# One row for each envelope. It has the envelope's identifier and refers to nothing; it is read by `search_found` and
# by nobody else: the application's role is granted nothing, and without a policy it would see no row if it were.
ENTRY = [
    'CREATE TABLE search_entry (id uuid PRIMARY KEY, at timestamptz NOT NULL, marks text[] COLLATE "C" NOT NULL)',
    "ALTER TABLE search_entry ENABLE ROW LEVEL SECURITY",
    "CREATE INDEX search_entry_marks ON search_entry USING gin (marks)",
]

# `>` who keeps it, `@` whom it addresses (each as person@organization), `#` its state, `~~` its initiator's name.
KEEPER = "'>' || coalesce({0}.keeper_id, {0}.initiator_id) || '@' || {0}.tenant_id"
AS_OWNER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp"

KEEP_TITLE = """
CREATE FUNCTION keep_title() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.searched := search_plain(NEW.title);
    NEW.searched_initiator := search_plain(NEW.initiator_name);
    RETURN NEW;
END $$;
CREATE TRIGGER envelope_title_is_plain BEFORE INSERT ON envelope FOR EACH ROW EXECUTE FUNCTION keep_title()
"""
KEEP_ENTRY = f"""
CREATE FUNCTION keep_entry() RETURNS trigger {AS_OWNER} AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO search_entry (id, at, marks) VALUES (NEW.id, NEW.created_at,
            search_grams(NEW.searched) || search_grams(NEW.searched_initiator, '~~')
            || ARRAY['#' || NEW.state, {KEEPER.format("NEW")}]);
    ELSE
        UPDATE search_entry SET marks = array_replace(array_replace(marks, '#' || OLD.state, '#' || NEW.state),
            {KEEPER.format("OLD")}, {KEEPER.format("NEW")}) WHERE id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER envelope_is_entered AFTER INSERT OR UPDATE OF state, keeper_id ON envelope
    FOR EACH ROW EXECUTE FUNCTION keep_entry()
"""
# The row passed the policies of its table a moment ago, so its organization is the one that writes.
KEEP_NAME = f"""
CREATE FUNCTION keep_name() RETURNS trigger {AS_OWNER} AS $$
BEGIN
    UPDATE envelope SET searched = searched || E'\\n' || search_plain(NEW.name)
    WHERE tenant_id = NEW.tenant_id AND id = NEW.envelope_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the envelope of a document is not the organization''s that writes';
    END IF;
    UPDATE search_entry SET marks = marks || search_grams(search_plain(NEW.name)) WHERE id = NEW.envelope_id;
    RETURN NULL;
END $$;
CREATE TRIGGER document_is_entered AFTER INSERT ON document FOR EACH ROW EXECUTE FUNCTION keep_name()
"""
# A list is ordered by when its envelopes were made, and a seat's turn begins when it becomes READY.
KEEP_MOMENTS = """
CREATE FUNCTION keep_moments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.listed_at := coalesce((SELECT created_at FROM envelope
            WHERE tenant_id = NEW.tenant_id AND id = NEW.envelope_id), now());
    END IF;
    IF NEW.state = 'ready' AND (TG_OP = 'INSERT' OR OLD.state <> 'ready') THEN
        NEW.ready_at := now();
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER recipient_has_moments BEFORE INSERT OR UPDATE OF state ON recipient
    FOR EACH ROW EXECUTE FUNCTION keep_moments()
"""
KEEP_VIEWER = f"""
CREATE FUNCTION keep_viewer() RETURNS trigger {AS_OWNER} AS $$
BEGIN
    UPDATE search_entry SET marks = marks || ('@' || NEW.person_id || '@' || NEW.for_tenant_id)
    WHERE id = NEW.envelope_id;
    RETURN NULL;
END $$;
CREATE TRIGGER recipient_is_entered AFTER INSERT ON recipient FOR EACH ROW EXECUTE FUNCTION keep_viewer()
"""

# Whose list it is comes from the settings of the transaction and from nowhere else; nobody set is nobody found.
# What it gives are identifiers of envelopes, which the caller reads under the row policies like any others.
FOUND = f"""
CREATE FUNCTION search_found(is_kept boolean, wanted text[], since timestamptz, until timestamptz,
                             before_at timestamptz, before_id uuid, most integer)
RETURNS TABLE (id uuid, at timestamptz) STABLE {AS_OWNER}
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off AS $$
DECLARE
    person text := nullif(current_setting('app.person', true), '');
    tenant text := nullif(current_setting('app.tenant', true), '');
    whose text := CASE WHEN is_kept THEN '>' ELSE '@' END || person || '@' || tenant;
BEGIN
    IF whose IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT e.id, e.at FROM search_entry e
    WHERE e.marks @> (wanted || whose)
      AND (since IS NULL OR e.at >= since) AND (until IS NULL OR e.at < until)
      AND (before_at IS NULL OR (e.at, e.id) < (before_at, before_id))
    ORDER BY e.at DESC, e.id DESC LIMIT least(most, 1000);
END $$
"""
CLOSED = [
    f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC"
    for name in (
        "keep_entry()",
        "keep_name()",
        "keep_viewer()",
        "search_found(boolean, text[], timestamptz, timestamptz, timestamptz, uuid, integer)",
    )
]

# The policies bind the owner of the tables too; while the rows that exist are entered, it sees all organizations'.
TABLES = ("envelope", "document", "recipient")
OPENED = [f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY' for table in TABLES]
CHECKED = ["SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED"]
# Policies are asked from the last name to the first: whose seat it is, before anything is looked up for it.
FIRST = ["ALTER POLICY addressed_1 ON recipient RENAME TO seat_of_his_own"]
FORCED = [f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY' for table in TABLES]
FILL = [
    """
    UPDATE envelope SET searched_initiator = search_plain(initiator_name), searched = search_plain(title) || coalesce(
        (SELECT string_agg(E'\\n' || search_plain(name), '' ORDER BY position, document.id) FROM document
         WHERE document.tenant_id = envelope.tenant_id AND document.envelope_id = envelope.id), '')
    """,
    """
    UPDATE recipient SET listed_at = envelope.created_at, ready_at = CASE WHEN recipient.state = 'ready' THEN coalesce(
        (SELECT max(other.signed_at) FROM recipient other
         WHERE other.tenant_id = recipient.tenant_id AND other.envelope_id = recipient.envelope_id),
        envelope.created_at) END
    FROM envelope WHERE envelope.tenant_id = recipient.tenant_id AND envelope.id = recipient.envelope_id
    """,
    f"""
    INSERT INTO search_entry (id, at, marks)
    SELECT id, created_at, search_grams(searched) || search_grams(searched_initiator, '~~')
        || ARRAY['#' || state, {KEEPER.format("envelope")}] || coalesce(
        (SELECT array_agg('@' || person_id || '@' || for_tenant_id) FROM recipient
         WHERE recipient.tenant_id = envelope.tenant_id AND recipient.envelope_id = envelope.id), '{{}}')
    FROM envelope
    """,
]

# A CASE is leakproof, which COALESCE is not: under a policy an index of that would not be used.
KEPT = models.Case(models.When(keeper=None, then="initiator"), default="keeper")
NEWEST = (F("created_at").desc(), F("id").desc())


def ran(*statements):
    return [migrations.RunSQL(statement) for statement in statements]


class Migration(migrations.Migration):
    dependencies = [("records", "0015_parts")]

    operations = [
        *ran(PLAIN, GRAMS, *OPENED),
        migrations.AddField("envelope", "searched", models.TextField(default="", editable=False)),
        migrations.AddField("envelope", "searched_initiator", models.TextField(default="", editable=False)),
        migrations.AddField("recipient", "listed_at", models.DateTimeField(null=True, editable=False)),
        migrations.AddField("recipient", "ready_at", models.DateTimeField(null=True, editable=False)),
        *ran(*ENTRY, *FILL, *CHECKED),
        migrations.AddIndex("envelope", models.Index("tenant", KEPT, *NEWEST, name="envelope_by_keeper")),
        migrations.AddIndex(
            "envelope", models.Index("tenant", KEPT, "state", *NEWEST, name="envelope_by_keeper_state")
        ),
        migrations.RemoveIndex("recipient", "recipient_by_person"),
        migrations.AddIndex(
            "recipient",
            models.Index(
                fields=["person", "for_tenant", "state", "-listed_at", "-envelope"],
                name="recipient_by_person",
            ),
        ),
        *ran(KEEP_TITLE, KEEP_ENTRY, KEEP_NAME, KEEP_MOMENTS, KEEP_VIEWER, FOUND, *CLOSED, *FIRST, *FORCED),
    ]
