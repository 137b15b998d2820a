"""The bytes about to be signed, for whoever holds the path of an order, as long as it may be signed and no longer."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pytest
from django.test import Client

from tests.server.authorities import outside
from tests.server.browsing import ORIGIN, Browser, code, open_ceremony, placement, signed, start
from tests.worlds import TwoTenants
from yunqian.crypto import attributes
from yunqian.server.api import prepared as route
from yunqian.server.api.pace import Pace
from yunqian.server.queries.prepared import Capability

__all__ = ["outside"]


@pytest.fixture(autouse=True)
def _outside(outside: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        route, "PACES", {"address": Pace(most=500, seconds=60), "order": Pace(most=12, seconds=300)}
    )


@pytest.fixture
def ceremony(li: Browser, personal: dict[str, Any]) -> dict[str, Any]:
    return open_ceremony(li, start(li, "liming"), personal)


def order_of(ceremony: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ceremony["order"]["payload"])
    return found


def path_of(ceremony: Mapping[str, Any]) -> str:
    return str(order_of(ceremony)["prepared"]["path"])


def client_asks(path: str, **headers: str):
    """A security client: no cookie, no session, and none of the headers of a browser."""
    client = Client(SERVER_NAME="127.0.0.1", SERVER_PORT="8000")
    return client.get(path, headers=headers)


def capability_of(ceremony: Mapping[str, Any]) -> Capability:
    return Capability.read(path_of(ceremony).removeprefix("/prepared/"))


def test_the_digest_in_the_attributes_is_that_of_the_bytes_but_for_the_hole(ceremony: dict[str, Any]):
    order = order_of(ceremony)
    told = order["prepared"]
    answer = client_asks(told["path"])
    whole = answer.content
    begin, first, second, rest = told["byte_range"]
    assert (begin, second + rest, len(whole)) == (0, told["size"], told["size"])
    assert whole[first:second].strip(b"<>0") == b""
    assert (whole[first : first + 1], whole[second - 1 : second]) == (b"<", b">")
    digest = hashlib.sha256(whole[:first] + whole[second:]).digest()
    assert attributes.parse(base64.b64decode(order["to_be_signed"])).message_digest == digest


def test_they_begin_with_every_byte_that_the_person_saw(li: Browser, ceremony: dict[str, Any]):
    seen = li.get(f"/api/envelopes/{ceremony['envelope_id']}/document").content
    whole = client_asks(path_of(ceremony)).content
    assert whole.startswith(seen)
    assert order_of(ceremony)["document_sha256"] == hashlib.sha256(seen).hexdigest()


def test_they_are_bytes_to_nobody_s_browser_and_are_kept_nowhere(ceremony: dict[str, Any]):
    answer = client_asks(path_of(ceremony))
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert not [name for name in answer.headers if name.startswith("Access-Control")]
    assert not answer.cookies


def test_the_same_order_shown_again_has_the_same_path(li: Browser, ceremony: dict[str, Any]):
    again = li.get(f"/api/ceremonies/{ceremony['id']}").json()
    assert again["order"] == ceremony["order"]


@pytest.mark.parametrize("header", ["Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode"])
def test_a_browser_is_given_nothing_even_with_the_session_of_its_person(
    li: Browser, ceremony: dict[str, Any], header: str
):
    value = ORIGIN if header == "Origin" else "none"
    assert code(li.get(path_of(ceremony), **{header: value})) == "NOT_FOUND"


def test_nothing_can_be_sent_there(ceremony: dict[str, Any]):
    for method in ("POST", "PUT", "DELETE", "HEAD", "OPTIONS"):
        answer = Client(SERVER_NAME="127.0.0.1", SERVER_PORT="8000").generic(method, path_of(ceremony))
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")


def test_every_changed_byte_of_the_path_is_found_out(ceremony: dict[str, Any]):
    path = path_of(ceremony)
    for place in range(len("/prepared/"), len(path)):
        changed = path[:place] + ("A" if path[place] != "A" else "B") + path[place + 1 :]
        assert code(client_asks(changed)) == "NOT_FOUND", place


@pytest.mark.parametrize(
    "guess",
    ["", "x", "../api/health", "é", "%00", "A" * 171, "A" * 172, "A" * 5000, "=" * 172, "-" * 172, "a/b"],
)
def test_a_guess_is_told_as_little_as_an_order_that_is_over(guess: str):
    assert code(client_asks(f"/prepared/{guess}")) == "NOT_FOUND"


def test_another_text_for_the_same_bytes_is_another_path(ceremony: dict[str, Any]):
    assert code(client_asks(path_of(ceremony) + "=")) == "NOT_FOUND"
    assert code(client_asks(path_of(ceremony) + "%0a")) == "NOT_FOUND"


def test_a_capability_for_what_is_not_his_gives_nothing(
    ceremony: dict[str, Any], li: Browser, personal: dict[str, Any], two_tenants: TwoTenants
):
    """Even one that this platform had signed: everything it names is asked again."""
    own = capability_of(ceremony)
    other = two_tenants.wang_fang
    for foreign in (
        Capability(other.person_id, other.tenant_id, own.ceremony_id, own.order_id, own.nonce),
        Capability(other.person_id, own.tenant_id, own.ceremony_id, own.order_id, own.nonce),
        Capability(own.person_id, other.tenant_id, own.ceremony_id, own.order_id, own.nonce),
        Capability(own.person_id, own.tenant_id, own.order_id, own.order_id, own.nonce),
        Capability(own.person_id, own.tenant_id, own.ceremony_id, own.ceremony_id, own.nonce),
        Capability(own.person_id, own.tenant_id, own.ceremony_id, own.order_id, bytes(32)),
    ):
        assert code(client_asks(foreign.path())) == "NOT_FOUND"
    second = capability_of(open_ceremony(li, start(li, "liming"), personal))
    mixed = Capability(own.person_id, own.tenant_id, own.ceremony_id, second.order_id, second.nonce)
    assert code(client_asks(mixed.path())) == "NOT_FOUND"


def test_the_initiator_who_is_no_signer_has_no_use_for_it(
    li: Browser, two_tenants: TwoTenants, personal: dict[str, Any]
):
    seal_id = two_tenants.seals["wangfang.personal"]
    wang = Browser(two_tenants.wang_fang)
    opened = open_ceremony(wang, start(li, "wangfang"), placement(seal_id, two_tenants.wang_fang_key))
    own = capability_of(opened)
    assert client_asks(path_of(opened)).status_code == 200
    li_ming = two_tenants.li_ming
    stolen = Capability(li_ming.person_id, li_ming.tenant_id, own.ceremony_id, own.order_id, own.nonce)
    assert code(client_asks(stolen.path())) == "NOT_FOUND"


def test_when_the_key_has_signed_the_path_is_over(
    li: Browser, ceremony: dict[str, Any], two_tenants: TwoTenants
):
    path = path_of(ceremony)
    done = li.post(f"/api/ceremonies/{ceremony['id']}/results", signed(ceremony, two_tenants.holders))
    assert done.json()["state"] == "done"
    assert code(client_asks(path)) == "NOT_FOUND"


def test_prepared_again_it_has_another_path_and_the_old_one_is_over(li: Browser, ceremony: dict[str, Any]):
    again = li.post(f"/api/ceremonies/{ceremony['id']}/prepare").json()
    assert path_of(again) != path_of(ceremony)
    assert code(client_asks(path_of(ceremony))) == "NOT_FOUND"
    assert client_asks(path_of(again)).status_code == 200


def test_a_session_that_was_given_up_shows_nothing_more(li: Browser, ceremony: dict[str, Any]):
    assert li.post(f"/api/ceremonies/{ceremony['id']}/abandon").status_code == 200
    assert code(client_asks(path_of(ceremony))) == "NOT_FOUND"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE sign_order SET expires_at = now() - interval '1 second'",
        "UPDATE sign_order SET state = 'signed'",
        "UPDATE sign_order SET nonce = repeat('0', 64)",
        "UPDATE sign_order SET nonce = NULL",
        "UPDATE ceremony SET state = 'abandoned'",
        "UPDATE member SET is_active = false",
        "UPDATE envelope SET state = 'voided'",
        "UPDATE envelope SET state = 'expired'",
        "UPDATE envelope SET deadline_at = now() - interval '1 minute'",
        "UPDATE recipient SET state = 'declined'",
    ],
)
def test_whatever_ends_the_order_or_the_right_ends_the_path_at_once(
    ceremony: dict[str, Any], admin: Any, change: str
):
    assert client_asks(path_of(ceremony)).status_code == 200
    admin.execute(change)
    assert code(client_asks(path_of(ceremony))) == "NOT_FOUND"


def test_who_asks_too_often_waits(ceremony: dict[str, Any]):
    answers = [client_asks(path_of(ceremony)) for _ in range(13)]
    assert [one.status_code for one in answers] == [200] * 12 + [429]
    assert code(answers[-1]) == "REQUESTS_TOO_MANY"


def test_who_guesses_too_often_waits_before_the_code_is_looked_at(
    ceremony: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(route.PACES, "address", Pace(most=3, seconds=60))
    assert [client_asks("/prepared/x").status_code for _ in range(3)] == [404] * 3
    assert code(client_asks(path_of(ceremony))) == "REQUESTS_TOO_MANY"


def test_an_order_from_before_this_has_no_such_path(li: Browser, ceremony: dict[str, Any], admin: Any):
    admin.execute("UPDATE sign_order SET prepared = prepared - 'size'")
    again = li.get(f"/api/ceremonies/{ceremony['id']}").json()
    assert order_of(again)["prepared"] is None
