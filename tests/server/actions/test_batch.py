"""Many documents in one go: planned, prepared, taken and finished one by one; none stops the others."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections

from tests.server import snapshot
from tests.server.authorities import Outside
from tests.server.browsing import Browser, code, detail, open_ceremony, pdf, placement, seal, start
from tests.worlds import TwoTenants
from yunqian.problems import Problem
from yunqian.server.actions import batch as actions
from yunqian.wire.batch_orders import MOST_ITEMS, BatchOrder, batch_code
from yunqian.wire.orders import SignOrder


def request(world: TwoTenants, *envelopes: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """李明 chooses these envelopes, his own key and his own seal; `changes` of the rule by its fields."""
    rule = {"place": "corner", "has_paging": False, "has_date": False}
    chosen = {
        "request_id": str(uuid4()),
        "envelope_ids": [one["id"] for one in envelopes],
        "certificate_sha256": world.li_ming_key.certificate.sha256,
        "seal_id": str(world.seals["liming.personal"]),
        "rule": rule | {name: changes.pop(name) for name in rule.keys() & changes.keys()},
    }
    return chosen | changes


def made(browser: Browser, asked: dict[str, Any]) -> dict[str, Any]:
    answer = browser.post("/api/batches", asked)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def opened(browser: Browser, batch: dict[str, Any], position: int) -> Any:
    return browser.post(f"/api/batches/{batch['id']}/lines/{position}/open")


def finished(browser: Browser, batch: dict[str, Any], position: int) -> Any:
    return browser.post(f"/api/batches/{batch['id']}/lines/{position}/finish")


def values(world: TwoTenants, order: dict[str, Any]) -> list[dict[str, Any]]:
    """What the security client answers to the order of a batch, for every document in it."""
    batch = BatchOrder.model_validate_json(order["order"]["payload"])
    found = []
    for item in batch.items:
        single = SignOrder.model_validate_json(item.order.payload)
        value = world.holders[single.certificate_sha256].sign(base64.b64decode(single.to_be_signed))
        found.append(
            {
                "order_id": single.order_id,
                "certificate_sha256": single.certificate_sha256,
                "signature": base64.b64encode(value).decode(),
            }
        )
    return found


def states(browser: Browser, batch: dict[str, Any]) -> list[str]:
    lines = browser.get(f"/api/batches/{batch['id']}").json()["lines"]
    return [line["state"] for line in lines]


def signed_whole(browser: Browser, world: TwoTenants, batch: dict[str, Any]) -> list[dict[str, Any]]:
    """The whole act for every line that is not left out; gives the values."""
    for line in batch["lines"]:
        if line["problem"] is None:
            assert opened(browser, batch, line["position"]).status_code == 200
    order = browser.get(f"/api/batches/{batch['id']}/order").json()
    given = values(world, order)
    assert browser.post(f"/api/batches/{batch['id']}/results", {"results": given}).status_code == 200
    for position in order["positions"]:
        assert finished(browser, batch, position).json()["state"] == "done"
    return given


def several(browser: Browser, count: int = 3) -> list[dict[str, Any]]:
    return [start(browser, "liming", title=f"文件 {number}") for number in range(1, count + 1)]


def test_three_documents_are_signed_by_one_list(li: Browser, two_tenants: TwoTenants) -> None:
    envelopes = several(li)
    batch = made(li, request(two_tenants, *envelopes))
    assert [(one["title"], one["initiator_name"], one["state"]) for one in batch["lines"]] == [
        ("文件 1", "李明", "ready"),
        ("文件 2", "李明", "ready"),
        ("文件 3", "李明", "ready"),
    ]
    signed_whole(li, two_tenants, batch)
    assert states(li, batch) == ["done"] * 3
    for envelope in envelopes:
        assert detail(li, envelope["id"])["state"] == "completed"
        report = li.get(f"/api/envelopes/{envelope['id']}/report").json()
        assert (len(report["signatures"]), report["verdict"]) == (1, "valid")


def test_the_order_lists_each_document_with_its_sender_and_follows_from_its_parts(
    li: Browser, two_tenants: TwoTenants
) -> None:
    batch = made(li, request(two_tenants, *several(li)))
    for position in (1, 2, 3):
        opened(li, batch, position)
    asked = li.get(f"/api/batches/{batch['id']}/order").json()
    order = BatchOrder.model_validate_json(asked["order"]["payload"])
    parts = [SignOrder.model_validate_json(item.order.payload) for item in order.items]
    assert [item.initiator_name for item in order.items] == ["李明"] * 3
    assert [one.title for one in parts] == ["文件 1", "文件 2", "文件 3"]
    assert asked["check_code"] == batch_code(one.to_be_signed for one in parts)
    assert order.expires_at == min(one.expires_at for one in parts)
    assert (order.expires_at - order.issued_at).total_seconds() <= 300
    assert asked == li.get(f"/api/batches/{batch['id']}/order").json(), "asked again it is the same text"


def test_every_line_leaves_its_own_ceremony_and_event(li: Browser, two_tenants: TwoTenants) -> None:
    envelopes = several(li, 2)
    signed_whole(li, two_tenants, made(li, request(two_tenants, *envelopes)))
    for envelope in envelopes:
        events = [one["kind"] for one in li.get(f"/api/envelopes/{envelope['id']}/events").json()]
        assert events.count("ceremony.opened") == 1
        assert events.count("order.signed") == 1
        assert events.count("document.sealed") == 1


# What stands in the way of one of them


def test_a_document_withdrawn_in_between_is_told_and_the_others_are_signed(
    li: Browser, two_tenants: TwoTenants
) -> None:
    envelopes = several(li)
    batch = made(li, request(two_tenants, *envelopes))
    for position in (1, 2, 3):
        opened(li, batch, position)
    order = li.get(f"/api/batches/{batch['id']}/order").json()
    assert li.post(f"/api/envelopes/{envelopes[1]['id']}/void", {"reason": "有误"}).status_code == 200
    given = values(two_tenants, order)
    taken = li.post(f"/api/batches/{batch['id']}/results", {"results": given}).json()
    told = [(one["order_id"], one["problem"]["code"]) for one in taken["refused"]]
    assert told == [(given[1]["order_id"], "ENVELOPE_NOT_OPEN")]
    answers = [finished(li, batch, position) for position in (1, 2, 3)]
    assert [one.status_code for one in answers] == [200, 200, 200]
    assert answers[0].json()["state"] == answers[2].json()["state"] == "done"
    assert answers[1].json()["state"] != "done"
    assert detail(li, envelopes[1]["id"])["documents"][0]["head"] == 0


def test_what_cannot_be_signed_is_a_line_that_says_why(
    li: Browser, wang: Browser, two_tenants: TwoTenants
) -> None:
    good = start(li, "liming")
    not_mine = start(li, "wangfang")
    later = start(li, ("wangfang", 1), ("liming", 2))
    over = start(li, "liming")
    li.post(f"/api/envelopes/{over['id']}/void", {"reason": "有误"})
    batch = made(li, request(two_tenants, good, not_mine, later, over))
    assert [line["problem"] and line["problem"]["code"] for line in batch["lines"]] == [
        None,
        "NOT_ADDRESSED",
        "NOT_YOUR_TURN",
        "ENVELOPE_NOT_OPEN",
    ]
    assert code(opened(li, batch, 2)) == "NOT_ADDRESSED"
    signed_whole(li, two_tenants, batch)
    assert states(li, batch) == ["done", "left_out", "left_out", "left_out"]


def test_a_document_that_moved_on_is_told_and_nothing_is_prepared(
    li: Browser, wang: Browser, two_tenants: TwoTenants, wangs: dict[str, Any]
) -> None:
    first, second = start(li, "liming", "wangfang"), start(li, "liming")
    batch = made(li, request(two_tenants, first, second))
    seal(wang, first, two_tenants.holders, wangs)
    assert code(opened(li, batch, 1)) == "REVISION_MOVED"
    assert opened(li, batch, 2).status_code == 200
    again = made(li, request(two_tenants, first))
    assert again["lines"][0]["head"] == 1
    assert opened(li, again, 1).status_code == 200


def test_while_another_signer_is_asked_for_his_pin_a_line_waits(
    li: Browser, wang: Browser, two_tenants: TwoTenants, wangs: dict[str, Any]
) -> None:
    started = start(li, "liming", "wangfang")
    batch = made(li, request(two_tenants, started))
    open_ceremony(wang, started, wangs)
    assert code(opened(li, batch, 1)) == "DOCUMENT_BEING_SIGNED"


def test_a_value_that_does_not_fit_is_told_at_its_line_alone(li: Browser, two_tenants: TwoTenants) -> None:
    batch = made(li, request(two_tenants, *several(li, 2)))
    for position in (1, 2):
        opened(li, batch, position)
    given = values(two_tenants, li.get(f"/api/batches/{batch['id']}/order").json())
    given[0]["signature"] = given[1]["signature"]
    assert li.post(f"/api/batches/{batch['id']}/results", {"results": given}).status_code == 200
    assert states(li, batch) == ["prepared", "signed"]
    assert finished(li, batch, 2).json()["state"] == "done"


def test_a_silent_time_stamp_authority_stops_a_line_that_goes_on_later(
    li: Browser, two_tenants: TwoTenants, outside: Outside
) -> None:
    batch = made(li, request(two_tenants, *several(li, 2)))
    for position in (1, 2):
        opened(li, batch, position)
    given = values(two_tenants, li.get(f"/api/batches/{batch['id']}/order").json())
    li.post(f"/api/batches/{batch['id']}/results", {"results": given})
    outside.problem = Problem.TIMESTAMP_UNAVAILABLE
    assert code(finished(li, batch, 1)) == "TIMESTAMP_UNAVAILABLE"
    assert states(li, batch) == ["signed", "signed"]
    outside.problem = None
    assert [finished(li, batch, one).json()["state"] for one in (1, 2)] == ["done", "done"]


# Again, and at the same time


def test_the_same_batch_again_is_the_same_and_prepares_nothing_twice(
    li: Browser, two_tenants: TwoTenants, admin: Any
) -> None:
    asked = request(two_tenants, *several(li))
    first = made(li, asked)
    with snapshot.nothing_changes(admin):
        assert made(li, asked) == first
    line = opened(li, first, 1).json()
    with snapshot.nothing_changes(admin):
        assert opened(li, first, 1).json() == line


def test_twenty_submits_at_once_are_one_batch_and_one_signature_each(
    two_tenants: TwoTenants, admin: Any
) -> None:
    li = Browser(two_tenants.li_ming)
    asked = request(two_tenants, *several(li, 2))

    def within(act: Any) -> Any:
        try:
            return act()
        finally:
            connections.close_all()

    def twenty(act: Any) -> list[Any]:
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(lambda _: within(act), range(20)))

    answers = twenty(lambda: li.post("/api/batches", asked))
    assert {answer.status_code for answer in answers} == {200}
    batch = answers[0].json()
    for position in (1, 2):
        opened(li, batch, position)
    given = values(two_tenants, li.get(f"/api/batches/{batch['id']}/order").json())
    taken = twenty(lambda: li.post(f"/api/batches/{batch['id']}/results", {"results": given}))
    assert {answer.status_code for answer in taken} == {200}
    done = twenty(lambda: finished(li, batch, 1))
    assert {answer.json()["state"] for answer in done} == {"done"}
    finished(li, batch, 2)
    with admin.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM batch), (SELECT count(*) FROM revision WHERE number = 1)"
        )
        assert cursor.fetchone() == (1, 2)


def test_a_page_that_was_loaded_again_finds_what_the_key_gave(li: Browser, two_tenants: TwoTenants) -> None:
    batch = made(li, request(two_tenants, *several(li, 2)))
    for position in (1, 2):
        opened(li, batch, position)
    given = values(two_tenants, li.get(f"/api/batches/{batch['id']}/order").json())
    li.post(f"/api/batches/{batch['id']}/results", {"results": given})
    elsewhere = Browser(two_tenants.li_ming)
    assert states(elsewhere, batch) == ["signed", "signed"]
    assert [finished(elsewhere, batch, one).json()["state"] for one in (1, 2)] == ["done", "done"]
    assert finished(elsewhere, batch, 1).json()["state"] == "done"


def test_an_order_whose_time_is_over_is_prepared_again_and_nothing_else(
    li: Browser, two_tenants: TwoTenants, admin: Any
) -> None:
    batch = made(li, request(two_tenants, *several(li, 2)))
    first = [opened(li, batch, one).json() for one in (1, 2)]
    ceremony = first[0]["ceremony_id"]
    admin.execute("UPDATE sign_order SET expires_at = now() WHERE ceremony_id = %s", [ceremony])
    assert states(li, batch) == ["ready", "prepared"]
    assert li.get(f"/api/batches/{batch['id']}/order").json()["positions"] == [2]
    again = opened(li, batch, 1).json()
    assert (again["ceremony_id"], again["state"]) == (ceremony, "prepared")
    assert opened(li, batch, 2).json() == first[1]


# Whose batch it is


def test_a_batch_is_nobody_elses(li: Browser, wang: Browser, two_tenants: TwoTenants, admin: Any) -> None:
    asked = request(two_tenants, *several(li))
    batch = made(li, asked)
    opened(li, batch, 1)
    order = li.get(f"/api/batches/{batch['id']}/order").json()
    given = values(two_tenants, order)
    for other in (wang, Browser(two_tenants.zhang_wei)):
        with snapshot.nothing_changes(admin):
            assert code(other.get(f"/api/batches/{batch['id']}")) == "BATCH_NOT_FOUND"
            assert code(other.get(f"/api/batches/{batch['id']}/order")) == "BATCH_NOT_FOUND"
            assert code(opened(other, batch, 2)) == "BATCH_NOT_FOUND"
            assert code(finished(other, batch, 1)) == "BATCH_NOT_FOUND"
            answer = other.post(f"/api/batches/{batch['id']}/results", {"results": given})
            assert code(answer) == "BATCH_NOT_FOUND"


def test_the_same_request_of_another_person_is_another_batch(
    li: Browser, wang: Browser, two_tenants: TwoTenants
) -> None:
    asked = request(two_tenants, *several(li, 1))
    batch = made(li, asked)
    hers = request(two_tenants, start(wang, "wangfang"), request_id=asked["request_id"]) | {
        "certificate_sha256": two_tenants.wang_fang_key.certificate.sha256,
        "seal_id": str(two_tenants.seals["wangfang.personal"]),
    }
    assert made(wang, hers)["id"] != batch["id"]
    assert made(li, asked) == batch


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"envelope_ids": [str(uuid4())]}, "ENVELOPE_NOT_FOUND"),
        ({"envelope_ids": []}, "REQUEST_INVALID"),
        ({"envelope_ids": [str(uuid4())] * (MOST_ITEMS + 1)}, "REQUEST_INVALID"),
        ({"certificate_sha256": "ab" * 32}, "CERTIFICATE_NOT_BOUND"),
        ({"seal_id": str(uuid4())}, "SEAL_NOT_FOUND"),
        ({"request_id": "x"}, "REQUEST_INVALID"),
    ],
)
def test_a_wrong_request_changes_nothing(
    li: Browser, two_tenants: TwoTenants, admin: Any, changes: dict[str, Any], problem: str
) -> None:
    asked = request(two_tenants, *several(li, 1)) | changes
    with snapshot.nothing_changes(admin):
        assert code(li.post("/api/batches", asked)) == problem


def test_the_envelope_of_strangers_is_not_found(li: Browser, wang: Browser, two_tenants: TwoTenants) -> None:
    theirs = start(wang, "wangfang")
    assert (
        code(li.post("/api/batches", request(two_tenants, *several(li, 1), theirs))) == "ENVELOPE_NOT_FOUND"
    )


def test_more_documents_than_a_batch_may_have_are_refused(
    li: Browser, two_tenants: TwoTenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MOST_ITEMS", 2)
    assert code(li.post("/api/batches", request(two_tenants, *several(li)))) == "BATCH_TOO_LARGE"


def test_an_answer_to_an_order_of_no_line_takes_nothing(
    li: Browser, two_tenants: TwoTenants, personal: dict[str, Any], admin: Any
) -> None:
    batch = made(li, request(two_tenants, *several(li, 1)))
    opened(li, batch, 1)
    given = values(two_tenants, li.get(f"/api/batches/{batch['id']}/order").json())
    foreign = json.loads(open_ceremony(li, start(li, "liming"), personal)["order"]["payload"])["order_id"]
    stray = given[0] | {"order_id": foreign}
    with snapshot.nothing_changes(admin):
        answer = li.post(f"/api/batches/{batch['id']}/results", {"results": [given[0], stray]})
        assert code(answer) == "ORDER_MISMATCH"


def test_an_order_over_nothing_is_refused(li: Browser, two_tenants: TwoTenants) -> None:
    batch = made(li, request(two_tenants, *several(li, 1)))
    assert code(li.get(f"/api/batches/{batch['id']}/order")) == "BATCH_NOTHING_PREPARED"


# Where the marks go


def test_the_corner_is_on_the_last_page_and_never_over_a_signature_made_here(
    li: Browser, wang: Browser, two_tenants: TwoTenants
) -> None:
    envelope = start(li, "liming", "wangfang", document=pdf(3))
    first = made(li, request(two_tenants, envelope))["lines"][0]["placements"][0]
    assert (first["page"], first["x_pt"] > 400, first["y_pt"] < 100) == (3, True, True)
    there = placement(
        two_tenants.seals["wangfang.personal"],
        two_tenants.wang_fang_key,
        page=3,
        x_pt=first["x_pt"],
        y_pt=first["y_pt"],
    )
    seal(wang, envelope, two_tenants.holders, there)
    second = made(li, request(two_tenants, envelope))["lines"][0]["placements"][0]
    assert second["x_pt"] + second["width_pt"] <= first["x_pt"]


def test_beside_the_newest_signature_and_without_one_it_needs_its_own_look(
    li: Browser, wang: Browser, two_tenants: TwoTenants, wangs: dict[str, Any]
) -> None:
    signed, fresh = start(li, "liming", "wangfang"), start(li, "liming")
    seal(wang, signed, two_tenants.holders, wangs)
    beside, none = made(li, request(two_tenants, signed, fresh, place="beside"))["lines"]
    mark = beside["placements"][0]
    assert mark["page"] == wangs["page"]
    assert mark["x_pt"] >= wangs["x_pt"] + wangs["width_pt"]
    assert abs((mark["y_pt"] + mark["height_pt"] / 2) - (wangs["y_pt"] + wangs["height_pt"] / 2)) < 1
    assert (none["state"], none["problem"]["code"]) == ("left_out", "BATCH_NEEDS_LOOK")


def test_a_date_and_a_paging_seal_come_along_where_they_can(li: Browser, two_tenants: TwoTenants) -> None:
    many, one = start(li, "liming", document=pdf(4)), start(li, "liming", document=pdf(1))
    batch = made(li, request(two_tenants, many, one, has_paging=True, has_date=True))
    kinds = [[mark["kind"] for mark in line["placements"]] for line in batch["lines"]]
    assert kinds == [["seal", "date", "paging"], ["seal", "date"]]
    signed_whole(li, two_tenants, batch)
    assert states(li, batch) == ["done", "done"]


def test_each_document_of_an_envelope_is_a_line_of_its_own(li: Browser, two_tenants: TwoTenants) -> None:
    envelope = start(li, "liming", documents=2)
    batch = made(li, request(two_tenants, envelope))
    assert [line["title"] for line in batch["lines"]] == ["采购合同 · 合同1.pdf", "采购合同 · 合同2.pdf"]
    signed_whole(li, two_tenants, batch)
    assert detail(li, envelope["id"])["state"] == "completed"


def sent_with_places(browser: Browser, *places: dict[str, Any]) -> dict[str, Any]:
    box = {"document": 0, "recipient": 0, "x_pt": 300, "y_pt": 500, "width_pt": 113, "height_pt": 113}
    wanted = {
        "upload_ids": [browser.upload(pdf(3)).json()["id"]],
        "title": "供货合同",
        "recipients": [{"account": "liming"}],
        "places": [box | one for one in places],
    }
    sent: dict[str, Any] = browser.post("/api/envelopes", wanted).json()
    return sent


def test_the_places_that_the_initiator_proposed_come_before_the_rule(
    li: Browser, two_tenants: TwoTenants
) -> None:
    day = {"kind": "date", "page": 2, "y_pt": 400, "width_pt": 90, "height_pt": 16}
    proposed = sent_with_places(li, {"kind": "seal", "page": 2}, day, {"kind": "paging", "page": 1})
    batch = made(li, request(two_tenants, proposed, start(li, "liming")))
    first, second = batch["lines"]
    assert (first["is_proposed"], second["is_proposed"]) == (True, False)
    seal_mark = first["placements"][0]
    assert sorted(one["kind"] for one in first["placements"]) == ["date", "paging", "seal"]
    assert seal_mark["page"] == 2
    assert seal_mark["x_pt"] + seal_mark["width_pt"] / 2 == pytest.approx(300 + 113 / 2)
    signed_whole(li, two_tenants, batch)
    assert states(li, batch) == ["done", "done"]


def test_a_proposed_place_where_the_seal_does_not_fit_needs_its_own_look(
    li: Browser, two_tenants: TwoTenants
) -> None:
    edge = sent_with_places(
        li, {"kind": "seal", "page": 1, "x_pt": 0, "y_pt": 0, "width_pt": 10, "height_pt": 10}
    )
    (line,) = made(li, request(two_tenants, edge))["lines"]
    assert line["problem"]["code"] == "BATCH_NEEDS_LOOK"
