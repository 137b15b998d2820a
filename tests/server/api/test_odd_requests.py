"""Bad input never makes a traceback: every operation is asked with requests that nobody should send."""

import json
import random
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import pytest

from tests.server import snapshot
from tests.server.browsing import Browser, code, start
from tests.server.phones import phones
from tests.worlds import TwoTenants, administrator
from yunqian.server.console import openapi

__all__ = ["phones"]
pytestmark = [pytest.mark.usefixtures("phones"), pytest.mark.timeout(600)]

SCHEMA: dict[str, Any] = json.loads(openapi.text())
OPERATIONS = [
    (verb.upper(), path, told)
    for path, verbs in sorted(SCHEMA["paths"].items())
    for verb, told in verbs.items()
]
TEXTS = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ud800",
    "\u202e../../x",
    "'; --",
    "%",
    "字" * 5000,
    "1e999",
    "-1",
    "null",
)
NUMBERS = (-1, 0, 1, 2**31, 2**63, 2**200, -(2**63) - 1, 1e308, 0.5, True)
OTHERS: tuple[Any, ...] = (None, [], {}, [[]], {"": None}, [None], "x", 1)
UNKNOWN = "00000000-0000-4000-8000-000000000000"
ROUNDS = 6


def shape_of(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema with its reference followed."""
    name = schema.get("$ref")
    return SCHEMA["components"]["schemas"][name.rsplit("/", 1)[1]] if name else schema


def value_of(schema: Mapping[str, Any], dice: random.Random, known: Mapping[str, str], depth: int = 0) -> Any:
    """Something like what the schema asks for, and now and then nothing like it."""
    schema = shape_of(schema)
    if depth > 5 or dice.random() < 0.15:
        return dice.choice((*OTHERS, *TEXTS, *NUMBERS))
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return value_of(dice.choice(schema[choice]), dice, known, depth)
    if "const" in schema or "enum" in schema:
        return dice.choice(schema.get("enum") or [schema["const"]])
    kind = schema.get("type")
    if kind == "object":
        return {
            name: known[name]
            if name in known and dice.random() < 0.7
            else value_of(one, dice, known, depth + 1)
            for name, one in schema.get("properties", {}).items()
            if dice.random() < 0.9
        }
    if kind == "array":
        items = schema.get("items", schema.get("prefixItems", [{}])[0])
        return [value_of(items, dice, known, depth + 1) for _ in range(dice.choice((0, 1, 1, 2)))]
    if kind in ("integer", "number"):
        return dice.choice((*NUMBERS, 1, 2, 3))
    if kind == "boolean":
        return dice.random() < 0.5
    return dice.choice(
        (*TEXTS, UNKNOWN, "2026-11-22", "2026-11-22T10:00:00+08:00", "a" * 64, "liming", "MTIz")
    )


def requests(
    verb: str, path: str, told: Mapping[str, Any], known: Mapping[str, str]
) -> Iterator[tuple[str, bytes | None]]:
    """Addresses and bodies for an operation; the dice fall alike on every run."""
    dice = random.Random(f"{verb} {path}")
    for _ in range(ROUNDS):
        address, asked = path, []
        for one in told.get("parameters", ()):
            if one["in"] == "path":
                named = known.get(one["name"], UNKNOWN)
                value = (
                    named
                    if dice.random() < 0.6
                    else dice.choice((UNKNOWN, "x", "0", "-1", "a\x00b", "字", "%2e"))
                )
                address = address.replace(f"{{{one['name']}}}", quote(value, safe=""))
            elif one["in"] == "query" and dice.random() < 0.7:
                value = value_of(one["schema"], dice, known)
                asked.append(f"{one['name']}={quote(str(value).encode('utf-8', 'surrogatepass'), safe='')}")
        content = told.get("requestBody", {}).get("content", {})
        body = None
        if "application/json" in content:
            schema = content["application/json"]["schema"]
            body = json.dumps(value_of(schema, dice, known)).encode()
            body = dice.choice((body, body, body, body, body[:-1], b"\xff\xfe", b'{"a":NaN}', b"[" * 5000))
        yield address + ("?" + "&".join(asked) if asked else ""), body


@pytest.mark.parametrize(
    ("verb", "path", "told"), OPERATIONS, ids=[f"{verb} {path}" for verb, path, _ in OPERATIONS]
)
def test_an_odd_request_is_answered_and_makes_no_traceback(
    verb: str, path: str, told, li: Browser, two_tenants: TwoTenants
):
    envelope = start(li, "liming")
    document = envelope["documents"][0]["id"]
    known = {
        "envelope_id": envelope["id"],
        "document_id": document,
        "tenant_id": str(two_tenants.company_id),
        "seal_id": str(two_tenants.seals["liming.official"]),
        "account": "wangfang",
        "certificate_sha256": two_tenants.li_ming_key.certificate.sha256,
    }
    for browser in (li, Browser(administrator(two_tenants.company_id)), Browser()):
        for address, body in requests(verb, path, told, known):
            answer = browser.client.generic(
                verb,
                address,
                body or b"",
                content_type="application/json" if body is not None else "application/octet-stream",
                headers={"X-CSRFToken": browser.csrf, "Origin": "http://127.0.0.1:8000"},
            )
            said = answer.content[:300] if not answer.streaming else b""
            assert answer.status_code < 500 or b'"INTERNAL"' not in said, (verb, address, body, said)
            assert answer.status_code != 500, (verb, address, body, said)


@pytest.mark.parametrize(
    "address", ["/api/administration/seal-holders?search=%00", "/api/envelopes?list=inbox&search=%00"]
)
def test_a_nul_in_a_query_is_refused_before_anything_is_asked(address: str, li: Browser, admin):
    with snapshot.nothing_changes(admin):
        assert (li.get(address).status_code, code(li.get(address))) == (422, "REQUEST_INVALID")


def test_a_nul_in_the_code_of_a_seal_is_nobodys_code(li: Browser):
    assert code(li.get("/api/seal-status/a%00b")) == "SEAL_NOT_FOUND"
