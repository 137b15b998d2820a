"""A million documents of 500 organizations, as years of work leave them, written by the database itself.

Triggers and indexes rest while the rows go in; what the triggers keep is computed by the very same functions.
"""

from typing import Any

import psycopg

DOCUMENTS = 1_000_000
TENANTS = 500
LARGEST = 150_000
SMALL = 1_500
BUSY_SHARE = 0.8  # of the largest organization's envelopes, those that its busiest person started
SIGNED, WAITING = 55_000, 5_000  # for the busiest recipient, of other organizations

# A title is a month, two words of two characters each, a kind of document and a number.
FIRST = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳云腾致雨露结为霜金生丽水玉出昆冈"
SECOND = "剑号巨阙珠称夜光果珍李柰菜重芥姜海咸河淡鳞潜羽翔龙师火帝鸟官人皇始制文字乃服衣裳推位让国有虞陶唐"
KINDS = ("采购合同", "租赁合同", "劳动合同", "服务合同", "借款合同")
KINDS += ("补充协议", "保密协议", "验收单", "会议纪要", "授权书")

Connection = psycopg.Connection[Any]

_PEOPLE = """
INSERT INTO tenant (id, slug, name, kind, state, uscc, legal_representative, created_at, is_demo)
  SELECT md5('t' || n)::uuid, 'search-' || n, '单位' || n, 'company', 'active', '', '', now(), true
  FROM generate_series(1, {tenants}) n;
INSERT INTO person (id, account, name, password, home_id, is_demo, created_at)
  SELECT md5('p' || t || '-' || n)::uuid, 'search-' || t || '-' || n,
         substr('王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林郑', 1 + (t * 7 + n * 3) % 20, 1)
         || substr('伟芳娜秀敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英', 1 + (t + n * 5) % 24, 1),
         '!', md5('t' || t)::uuid, true, now()
  FROM generate_series(1, {tenants}) t, generate_series(1, 20) n;
INSERT INTO member (id, tenant_id, person_id, is_active, joined_at)
  SELECT gen_random_uuid(), home_id, id, true, now() FROM person WHERE account LIKE 'search-%'
"""

# n-th document: its organization t, who started it, when, and a title as clerks write them.
_ROWS = """
CREATE TEMP TABLE rows_ AS
WITH placed AS (
  SELECT n, CASE WHEN n <= {largest} THEN 1 WHEN n <= {largest} + {small} THEN 2
            ELSE 3 + (n % ({tenants} - 2)) END AS t,
         now() - (n::bigint * 7919 % {documents}) * interval '90 seconds' AS at, hashint4(n) & 1048575 AS h
  FROM generate_series(1, {documents}) n
)
SELECT n, t, at, h, md5('e' || n)::uuid AS id,
  md5('p' || t || '-' || CASE WHEN t = 1 AND n % 100 >= {busy} THEN 2 + h % 19
                              WHEN t = 1 THEN 1 ELSE 1 + h % 20 END)::uuid AS person,
  CASE WHEN h % 200 = 0 THEN 'declined' WHEN h % 100 = 1 THEN 'voided' WHEN h % 20 = 2 THEN 'open' ELSE 'completed' END
    AS state,
  CASE WHEN at < now() - interval '850 days' AND n % 3 = 0 THEN '旧版' ELSE '' END
  || to_char(at, 'YYYY年MM月')
  || substr('{first}', 1 + h % 46, 2) || substr('{second}', 1 + h / 64 % 46, 2)
  || (ARRAY[{kinds}])[1 + h / 4096 % 10]
  || CASE WHEN n % 7001 = 0 THEN '麒麟项目' ELSE '' END || lpad((h % 10000)::text, 4, '0') AS title
FROM placed
"""
_INDEXES = [
    "envelope_by_time",
    "envelope_by_keeper",
    "envelope_by_keeper_state",
    "envelope_addressed",
    "search_entry_marks",
    "recipient_by_person",
]
_FILL = """
INSERT INTO envelope (id, tenant_id, title, initiator_id, initiator_name, state, created_at, addressed, ended_by_name,
                      ended_reason, searched, searched_initiator)
  SELECT r.id, md5('t' || t)::uuid, title, person, p.name, r.state, at,
         ARRAY[recipient || '@' || for_tenant], '', '', plain || E'\\n' || plain || '.pdf', p.name
  FROM rows_ r JOIN person p ON p.id = r.person, LATERAL (SELECT search_plain(title) AS plain OFFSET 0) AS named;
INSERT INTO document (id, tenant_id, envelope_id, position, name, page_count, pages, head)
  SELECT md5('d' || n)::uuid, md5('t' || t)::uuid, id, 1, title || '.pdf', 4, '[]', 0 FROM rows_;
INSERT INTO recipient (id, tenant_id, envelope_id, person_id, person_name, for_tenant_id, tenant_name, turn, state,
                       signed_at, listed_at, ready_at)
  SELECT md5('r' || n)::uuid, md5('t' || t)::uuid, r.id, recipient, p.name, for_tenant, '', 1,
         CASE WHEN r.state = 'open' THEN 'ready' WHEN r.state = 'completed' THEN 'signed'
              WHEN r.state = 'declined' THEN 'declined' ELSE 'waiting' END, at, at, at
  FROM rows_ r JOIN person p ON p.id = r.recipient;
INSERT INTO search_entry (id, at, marks)
  SELECT e.id, e.created_at, search_grams(split_part(e.searched, E'\\n', 1)) || search_grams('.pdf')
         || search_grams(e.searched_initiator, '~~')
         || ARRAY['#' || e.state, '>' || e.initiator_id || '@' || e.tenant_id, '@' || e.addressed[1]]
  FROM envelope e WHERE e.id IN (SELECT id FROM rows_);
"""
# Who is asked: mostly somebody of another organization; the busiest has his fixed numbers, waiting ones made so.
_RECIPIENTS = """
ALTER TABLE rows_ ADD recipient uuid, ADD for_tenant uuid, ADD is_his boolean;
UPDATE rows_ SET is_his = n > {own} AND n <= {own} + {signed} + {waiting};
UPDATE rows_ SET
  state = CASE WHEN NOT is_his THEN state WHEN n <= {own} + {signed} THEN 'completed' ELSE 'open' END,
  for_tenant = md5('t' || CASE WHEN is_his THEN 1 ELSE 1 + h % {tenants} END)::uuid,
  recipient = md5('p' || CASE WHEN is_his THEN '1-20' ELSE (1 + h % {tenants}) || '-' || 1 + h % 19 END)::uuid
"""


def fill(admin: Connection) -> None:
    """Write all of it, then put the indexes back and let the database count what it has."""
    numbers = {
        "tenants": TENANTS,
        "documents": DOCUMENTS,
        "largest": LARGEST,
        "small": SMALL,
        "busy": int(100 * BUSY_SHARE),
        "own": LARGEST + SMALL,
        "first": FIRST,
        "second": SECOND,
        "kinds": ",".join(f"'{kind}'" for kind in KINDS),
        "signed": SIGNED,
        "waiting": WAITING,
    }
    kept = "SELECT indexname, indexdef FROM pg_indexes WHERE indexname = ANY (%s)"
    indexes = admin.execute(kept, [_INDEXES]).fetchall()
    admin.execute(
        "SET session_replication_role = replica; SET maintenance_work_mem = '1GB'; SET work_mem = '256MB'"
    )
    admin.execute("SET synchronous_commit = off")
    for name, _ in indexes:
        admin.execute(f'DROP INDEX "{name}"'.encode())
    for statements in (_PEOPLE, _ROWS, _RECIPIENTS, _FILL):
        for statement in statements.format(**numbers).split(";"):
            if statement.strip():
                admin.execute(statement.encode())
    for _, definition in indexes:
        admin.execute(definition.encode())
    admin.execute("VACUUM (ANALYZE) envelope, document, recipient, search_entry, person, member, tenant")
    admin.execute("RESET ALL")
