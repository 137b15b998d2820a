"""The act of sealing through HTTP with real keys, and everything that can go wrong in it (docs/flows/seal.md)."""

import base64
import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.utils import timezone

from tests.server import snapshot
from tests.server.authorities import Outside
from tests.server.browsing import (
    Browser,
    code,
    counts,
    date,
    detail,
    open_ceremony,
    opening,
    placement,
    seal,
    signed,
    start,
)
from tests.worlds import TwoTenants
from yunqian.crypto import attributes
from yunqian.problems import Problem, Refused
from yunqian.server import settings
from yunqian.server.actions import acceptance, ceremony, preparation
from yunqian.wire.orders import check_code


def events(browser: Browser, envelope) -> list[str]:
    return [one["kind"] for one in browser.get(f"/api/envelopes/{envelope['id']}/events").json()]


def test_one_signer_with_one_key_seals_and_the_envelope_is_completed(
    li: Browser, two_tenants: TwoTenants, personal, admin
):
    started = start(li, "liming")
    done = seal(li, started, two_tenants.holders, personal, date(two_tenants.li_ming_key))
    assert (done["state"], done["order"], [one["state"] for one in done["orders"]]) == (
        "done",
        None,
        ["embedded"],
    )
    now = detail(li, started["id"])
    assert (now["state"], now["documents"][0]["head"]) == ("completed", 1)
    assert (now["recipients"][0]["state"], now["may_sign"]) == ("signed", False)
    assert now["completed_at"]
    assert now["recipients"][0]["signed_at"]
    report = li.get(f"/api/envelopes/{started['id']}/report").json()
    assert (report["verdict"], len(report["signatures"])) == ("valid", 1)
    assert report["sha256"] == now["documents"][0]["head_sha256"]
    assert report["signatures"][0]["stamped_at"]
    assert counts(li) == {"signed": 1, "started": 1}
    assert events(li, started) == ["envelope.started", "ceremony.opened", "order.signed", "document.sealed"]
    jobs = list(admin.execute("SELECT task_name, args ->> 'envelope_id' FROM procrastinate_jobs"))
    assert jobs == [("evidence.check", started["id"])]


def test_the_sealed_document_begins_with_every_byte_of_the_one_before(
    li: Browser, two_tenants: TwoTenants, personal
):
    started = start(li, "liming")
    seal(li, started, two_tenants.holders, personal)
    before = li.get(f"/api/envelopes/{started['id']}/document?revision=0").content
    after = li.get(f"/api/envelopes/{started['id']}/document").content
    assert after.startswith(before)
    assert len(after) > len(before)


def test_two_keys_sign_one_after_the_other_each_the_revision_of_the_one_before(
    li: Browser, two_tenants: TwoTenants, personal, official
):
    started = start(li, "liming")
    first = open_ceremony(li, started, personal, official, date(two_tenants.li_ming_key))
    assert [one["state"] for one in first["orders"]] == ["prepared", "waiting"]
    second = li.post(f"/api/ceremonies/{first['id']}/results", signed(first, two_tenants.holders)).json()
    assert [one["state"] for one in second["orders"]] == ["embedded", "prepared"]
    assert (first["base"], second["base"]) == (0, 1)
    asked = [json.loads(one["order"]["payload"]) for one in (first, second)]
    assert [(one["position"], one["total"]) for one in asked] == [(1, 2), (2, 2)]
    assert [one["certificate_owner"] for one in asked] == ["李明", "广东示例科技有限公司"]
    assert asked[0]["marks"] == [
        {"kind": "seal", "name": "李明之印", "pages": [1]},
        {"kind": "date", "name": "2026年11月22日", "pages": [1]},
    ]
    assert asked[1]["document_sha256"] == detail(li, started["id"])["documents"][0]["head_sha256"]
    done = li.post(f"/api/ceremonies/{first['id']}/results", signed(second, two_tenants.holders)).json()
    assert done["state"] == "done"
    report = li.get(f"/api/envelopes/{started['id']}/report").json()
    assert [one["signer"] for one in report["signatures"]] == ["李明", "广东示例科技有限公司"]
    assert report["verdict"] == "valid"


def test_a_signer_of_another_organization_signs_and_the_next_turn_is_called(
    li: Browser, wang: Browser, two_tenants: TwoTenants, personal, wangs
):
    started = start(li, ("wangfang", 1), ("liming", 2))
    refused = li.post(f"/api/envelopes/{started['id']}/ceremonies", opening(started, personal))
    assert (code(refused), refused.json()["facts"]) == ("NOT_YOUR_TURN", {"waiting_for": "王芳"})
    seal(wang, started, two_tenants.holders, wangs)
    now = detail(li, started["id"])
    assert [one["state"] for one in now["recipients"]] == ["signed", "ready"]
    assert (now["state"], now["may_sign"]) == ("open", True)
    seal(li, now, two_tenants.holders, personal)
    assert detail(wang, started["id"])["state"] == "completed"


def test_the_order_is_signed_by_the_platform_and_names_what_will_be_signed(
    li: Browser, two_tenants: TwoTenants, personal
):
    started = start(li, "liming")
    opened = open_ceremony(li, started, personal)
    text = opened["order"]["payload"]
    key = Ed25519PrivateKey.from_private_bytes(settings.current().secrets.order_signing_key).public_key()
    key.verify(base64.b64decode(opened["order"]["signature"]), text.encode())
    order = json.loads(text)
    assert (order["origin"], order["title"], order["person_name"], order["tenant_name"]) == (
        "http://127.0.0.1:8000",
        "采购合同",
        "李明",
        "广东示例科技有限公司",
    )
    named = attributes.parse(base64.b64decode(order["to_be_signed"]))
    assert named.certificate_sha256 == two_tenants.li_ming_key.certificate.sha256
    assert opened["check_code"] == check_code(base64.b64decode(order["to_be_signed"]))
    assert li.get(f"/api/ceremonies/{opened['id']}").json() == opened


# What goes wrong, by the rows of docs/flows/seal.md


def test_the_same_result_posted_twice_gives_the_same_answer(
    li: Browser, two_tenants: TwoTenants, personal, official, admin
):
    opened = open_ceremony(li, start(li, "liming"), personal, official)
    result = signed(opened, two_tenants.holders)
    first = li.post(f"/api/ceremonies/{opened['id']}/results", result)
    with snapshot.nothing_changes(admin):
        again = li.post(f"/api/ceremonies/{opened['id']}/results", result)
    assert (again.status_code, again.json()) == (200, first.json())


def test_a_wrong_signature_value_changes_nothing(li: Browser, two_tenants: TwoTenants, personal, admin):
    started = start(li, "liming")
    opened = open_ceremony(li, started, personal)
    result = signed(opened, two_tenants.holders)
    forged = result | {"signature": result["signature"][:-8] + "AAAAAA=="}
    with snapshot.nothing_changes(admin):
        assert code(li.post(f"/api/ceremonies/{opened['id']}/results", forged)) == "SIGNATURE_INVALID"
    assert snapshot.refusals(admin) == [("seal.refused", "SIGNATURE_INVALID")]
    assert li.post(f"/api/ceremonies/{opened['id']}/results", result).json()["state"] == "done"


def test_another_key_than_the_chosen_one_is_refused(li: Browser, two_tenants: TwoTenants, personal, admin):
    opened = open_ceremony(li, start(li, "liming"), personal)
    result = signed(opened, two_tenants.holders)
    other = result | {"certificate_sha256": two_tenants.company_key.certificate.sha256}
    with snapshot.nothing_changes(admin):
        assert code(li.post(f"/api/ceremonies/{opened['id']}/results", other)) == "CERTIFICATE_MISMATCH"


def test_a_result_for_an_order_of_another_ceremony_is_refused(
    li: Browser, two_tenants: TwoTenants, personal, admin
):
    one, two = (open_ceremony(li, start(li, "liming"), personal) for _ in range(2))
    with snapshot.nothing_changes(admin):
        answer = li.post(f"/api/ceremonies/{one['id']}/results", signed(two, two_tenants.holders))
        assert code(answer) == "ORDER_MISMATCH"


def test_a_second_signature_for_an_embedded_order_is_refused(
    li: Browser, wang: Browser, two_tenants: TwoTenants, wangs, admin
):
    started = start(li, "wangfang")
    opened = open_ceremony(wang, started, wangs)
    one, two = signed(opened, two_tenants.holders), signed(opened, two_tenants.holders)
    assert one["signature"] != two["signature"]  # ECDSA draws a new number each time
    assert wang.post(f"/api/ceremonies/{opened['id']}/results", one).status_code == 200
    with snapshot.nothing_changes(admin):
        assert code(wang.post(f"/api/ceremonies/{opened['id']}/results", two)) == "ORDER_MISMATCH"


def test_while_one_signer_may_still_answer_nobody_else_is_asked_for_a_pin(
    li: Browser, wang: Browser, two_tenants: TwoTenants, personal, wangs, admin
):
    started = start(li, "liming", "wangfang")
    his = open_ceremony(li, started, personal)
    request = opening(detail(wang, started["id"]), wangs)
    with snapshot.nothing_changes(admin):
        refused = wang.post(f"/api/envelopes/{started['id']}/ceremonies", request)
        assert code(refused) == "DOCUMENT_BEING_SIGNED"
        told = refused.json()["facts"]
        assert told["signer"] == "李明"
        assert 0 < told["seconds"] <= preparation.SIGNING_SECONDS
    done = li.post(f"/api/ceremonies/{his['id']}/results", signed(his, two_tenants.holders))
    assert done.json()["state"] == "done"
    assert seal(wang, started, two_tenants.holders, wangs)["state"] == "done"


def unavailable(*_: object, **__: object) -> None:
    raise Refused(Problem.CA_UNAVAILABLE)


def test_between_two_keys_of_one_session_nobody_else_comes_in(
    li: Browser, wang: Browser, two_tenants: TwoTenants, personal, official, wangs, monkeypatch
):
    started = start(li, "liming", "wangfang")
    first = open_ceremony(li, started, personal, official)
    with monkeypatch.context() as patch:
        patch.setattr(ceremony, "prepare", unavailable)
        stopped = li.post(f"/api/ceremonies/{first['id']}/results", signed(first, two_tenants.holders))
    assert code(stopped) == "CEREMONY_INCOMPLETE"
    request = opening(detail(wang, started["id"]), wangs)
    refused = wang.post(f"/api/envelopes/{started['id']}/ceremonies", request)
    assert code(refused) == "DOCUMENT_BEING_SIGNED"
    assert refused.json()["facts"]["seconds"] <= preparation.EMBEDDING_SECONDS
    second = li.post(f"/api/ceremonies/{first['id']}/prepare").json()
    done = li.post(f"/api/ceremonies/{first['id']}/results", signed(second, two_tenants.holders))
    assert done.json()["state"] == "done"


def test_who_turns_away_from_the_question_of_the_key_lets_the_others_go_first(
    li: Browser, wang: Browser, two_tenants: TwoTenants, personal, wangs
):
    started = start(li, "liming", "wangfang")
    his = open_ceremony(li, started, personal)
    paused = li.post(f"/api/ceremonies/{his['id']}/pause").json()
    assert (paused["state"], paused["order"]) == ("open", None)
    assert li.post(f"/api/ceremonies/{his['id']}/pause").json() == paused
    assert seal(wang, started, two_tenants.holders, wangs)["state"] == "done"
    again = li.post(f"/api/ceremonies/{his['id']}/prepare").json()
    assert again["base"] == 1
    done = li.post(f"/api/ceremonies/{his['id']}/results", signed(again, two_tenants.holders))
    assert done.json()["state"] == "done"
    assert events(li, started).count("ceremony.paused") == 1


def test_a_value_that_a_key_has_given_keeps_its_place_although_the_person_turns_away(
    li: Browser, wang: Browser, two_tenants: TwoTenants, personal, wangs, outside: Outside
):
    started = start(li, "liming", "wangfang")
    his = open_ceremony(li, started, personal)
    result = signed(his, two_tenants.holders)
    outside.problem = Problem.TIMESTAMP_UNAVAILABLE
    assert code(li.post(f"/api/ceremonies/{his['id']}/results", result)) == "TIMESTAMP_UNAVAILABLE"
    outside.problem = None
    li.post(f"/api/ceremonies/{his['id']}/pause")
    request = opening(detail(wang, started["id"]), wangs)
    assert code(wang.post(f"/api/envelopes/{started['id']}/ceremonies", request)) == "DOCUMENT_BEING_SIGNED"
    assert li.post(f"/api/ceremonies/{his['id']}/results", result).json()["state"] == "done"


def test_of_two_panels_on_one_document_the_second_is_prepared_again_and_no_signature_is_lost(
    li: Browser, wang: Browser, two_tenants: TwoTenants, personal, wangs, admin
):
    started = start(li, "liming", "wangfang")
    hers = open_ceremony(wang, started, wangs)
    admin.execute("UPDATE sign_order SET expires_at = now()")  # she has let her time run out
    his = open_ceremony(li, started, personal)
    assert (
        li.post(f"/api/ceremonies/{his['id']}/results", signed(his, two_tenants.holders)).status_code == 200
    )
    late = wang.post(f"/api/ceremonies/{hers['id']}/results", signed(hers, two_tenants.holders))
    assert (code(late), late.json()["facts"]) == ("REVISION_MOVED", {"head": 1})
    again = wang.post(f"/api/ceremonies/{hers['id']}/prepare").json()
    assert again["base"] == 1
    old, new = (json.loads(one["order"]["payload"]) for one in (hers, again))
    assert (old["marks"], old["order_id"] == new["order_id"]) == (new["marks"], False)
    done = wang.post(f"/api/ceremonies/{hers['id']}/results", signed(again, two_tenants.holders))
    assert done.json()["state"] == "done"
    report = li.get(f"/api/envelopes/{started['id']}/report").json()
    assert ([one["signer"] for one in report["signatures"]], report["verdict"]) == (["李明", "王芳"], "valid")
    assert detail(li, started["id"])["state"] == "completed"


def test_a_result_for_an_older_preparation_is_refused(li: Browser, two_tenants: TwoTenants, personal, admin):
    opened = open_ceremony(li, start(li, "liming"), personal)
    result = signed(opened, two_tenants.holders)
    li.post(f"/api/ceremonies/{opened['id']}/prepare")
    with snapshot.nothing_changes(admin):
        assert code(li.post(f"/api/ceremonies/{opened['id']}/results", result)) == "REVISION_MOVED"


def test_opening_on_a_revision_that_was_not_the_one_seen_is_refused(
    li: Browser, two_tenants: TwoTenants, personal, admin
):
    started = start(li, "liming")
    for changes in ({"head": 1}, {"head_sha256": "0" * 64}):
        with snapshot.nothing_changes(admin):
            answer = li.post(
                f"/api/envelopes/{started['id']}/ceremonies", opening(started, personal, **changes)
            )
            assert code(answer) == "REVISION_MOVED"


def test_an_expired_order_is_refused_and_can_be_prepared_again(
    li: Browser, two_tenants: TwoTenants, personal, admin
):
    opened = open_ceremony(li, start(li, "liming"), personal)
    admin.execute("UPDATE sign_order SET expires_at = now() - interval '1 second'")
    with snapshot.nothing_changes(admin):
        answer = li.post(f"/api/ceremonies/{opened['id']}/results", signed(opened, two_tenants.holders))
        assert code(answer) == "ORDER_EXPIRED"
    again = li.post(f"/api/ceremonies/{opened['id']}/prepare").json()
    answer = li.post(f"/api/ceremonies/{opened['id']}/results", signed(again, two_tenants.holders))
    assert answer.json()["state"] == "done"


def test_opening_again_gives_the_older_session_up(li: Browser, two_tenants: TwoTenants, personal):
    started = start(li, "liming")
    older = open_ceremony(li, started, personal)
    newer = open_ceremony(li, started, personal)
    gone = li.get(f"/api/ceremonies/{older['id']}").json()
    assert (gone["state"], [one["state"] for one in gone["orders"]], gone["order"]) == (
        "abandoned",
        ["dropped"],
        None,
    )
    late = li.post(f"/api/ceremonies/{older['id']}/results", signed(older, two_tenants.holders))
    assert code(late) == "CEREMONY_CLOSED"
    assert code(li.post(f"/api/ceremonies/{older['id']}/prepare")) == "CEREMONY_CLOSED"
    answer = li.post(f"/api/ceremonies/{newer['id']}/results", signed(newer, two_tenants.holders))
    assert answer.json()["state"] == "done"


def test_a_session_in_which_a_key_has_signed_is_resumed_and_not_begun_anew(
    li: Browser, two_tenants: TwoTenants, personal, official, admin
):
    started = start(li, "liming")
    opened = open_ceremony(li, started, personal, official)
    li.post(f"/api/ceremonies/{opened['id']}/results", signed(opened, two_tenants.holders))
    now = detail(li, started["id"])
    with snapshot.nothing_changes(admin):
        refused = li.post(f"/api/envelopes/{started['id']}/ceremonies", opening(now, official))
        assert (code(refused), refused.json()["facts"]) == ("CEREMONY_INCOMPLETE", {"done": 1, "total": 2})
    panel = li.get(f"/api/envelopes/{started['id']}/panel").json()
    assert panel["ceremony"]["id"] == opened["id"]
    answer = li.post(
        f"/api/ceremonies/{opened['id']}/results", signed(panel["ceremony"], two_tenants.holders)
    )
    assert answer.json()["state"] == "done"


def test_giving_up_keeps_the_signatures_that_were_made(
    li: Browser, two_tenants: TwoTenants, personal, official, admin
):
    started = start(li, "liming")
    opened = open_ceremony(li, started, personal, official)
    li.post(f"/api/ceremonies/{opened['id']}/results", signed(opened, two_tenants.holders))
    gone = li.post(f"/api/ceremonies/{opened['id']}/abandon").json()
    assert (gone["state"], [one["state"] for one in gone["orders"]]) == ("abandoned", ["embedded", "dropped"])
    with snapshot.nothing_changes(admin):
        assert li.post(f"/api/ceremonies/{opened['id']}/abandon").json() == gone
    now = detail(li, started["id"])
    assert (now["documents"][0]["head"], now["recipients"][0]["state"]) == (1, "ready")
    seal(li, now, two_tenants.holders, official)
    assert detail(li, started["id"])["state"] == "completed"


def test_a_finished_session_cannot_be_given_up(li: Browser, two_tenants: TwoTenants, personal, admin):
    done = seal(li, start(li, "liming"), two_tenants.holders, personal)
    with snapshot.nothing_changes(admin):
        assert code(li.post(f"/api/ceremonies/{done['id']}/abandon")) == "CEREMONY_CLOSED"
        assert li.post(f"/api/ceremonies/{done['id']}/prepare").json() == done


def test_who_has_signed_does_not_sign_again(li: Browser, two_tenants: TwoTenants, personal, admin):
    started = start(li, "liming", "wangfang")
    seal(li, started, two_tenants.holders, personal)
    with snapshot.nothing_changes(admin):
        answer = li.post(
            f"/api/envelopes/{started['id']}/ceremonies", opening(detail(li, started["id"]), personal)
        )
        assert code(answer) == "RECIPIENT_DONE"


@pytest.mark.parametrize("state", ["voided", "expired", "declined"])
def test_an_envelope_closed_meanwhile_takes_no_signature(
    li: Browser, two_tenants: TwoTenants, personal, admin, state
):
    started = start(li, "liming")
    opened = open_ceremony(li, started, personal)
    admin.execute("UPDATE envelope SET state = %s", [state])
    with snapshot.nothing_changes(admin):
        answer = li.post(f"/api/ceremonies/{opened['id']}/results", signed(opened, two_tenants.holders))
        assert code(answer) == "ENVELOPE_NOT_OPEN"
        assert code(li.post(f"/api/ceremonies/{opened['id']}/prepare")) == "ENVELOPE_NOT_OPEN"


def test_a_silent_time_stamp_authority_leaves_the_order_signed_and_the_same_result_goes_on(
    li: Browser, two_tenants: TwoTenants, personal, outside: Outside
):
    opened = open_ceremony(li, start(li, "liming"), personal)
    result = signed(opened, two_tenants.holders)
    outside.problem = Problem.TIMESTAMP_UNAVAILABLE
    answer = li.post(f"/api/ceremonies/{opened['id']}/results", result)
    assert (code(answer), answer.status_code) == ("TIMESTAMP_UNAVAILABLE", 503)
    now = li.get(f"/api/ceremonies/{opened['id']}").json()
    assert ([one["state"] for one in now["orders"]], now["base"]) == (["signed"], 0)
    outside.problem = None
    assert li.post(f"/api/ceremonies/{opened['id']}/results", result).json()["state"] == "done"


def test_a_time_stamp_over_something_else_is_not_used(
    li: Browser, two_tenants: TwoTenants, personal, outside: Outside
):
    started = start(li, "liming")
    opened = open_ceremony(li, started, personal)
    result = signed(opened, two_tenants.holders)
    outside.wrong_imprint = True
    answer = li.post(f"/api/ceremonies/{opened['id']}/results", result)
    assert (code(answer), answer.json()["facts"]) == ("TIMESTAMP_INVALID", {"detail": "imprint"})
    assert detail(li, started["id"])["documents"][0]["head"] == 0
    outside.wrong_imprint = False
    assert li.post(f"/api/ceremonies/{opened['id']}/results", result).json()["state"] == "done"


def test_a_failed_self_check_drops_the_bytes_and_the_order_can_be_prepared_again(
    li: Browser, two_tenants: TwoTenants, personal, monkeypatch
):
    started = start(li, "liming")
    opened = open_ceremony(li, started, personal)
    with monkeypatch.context() as patched:
        patched.setattr(acceptance, "embed", lambda base, prepared, *_, **__: prepared.tail)
        answer = li.post(f"/api/ceremonies/{opened['id']}/results", signed(opened, two_tenants.holders))
        assert (code(answer), answer.status_code) == ("SELF_CHECK_FAILED", 500)
    assert detail(li, started["id"])["documents"][0]["head"] == 0
    now = li.get(f"/api/ceremonies/{opened['id']}").json()
    assert ([one["state"] for one in now["orders"]], now["order"]) == (["waiting"], None)
    again = li.post(f"/api/ceremonies/{opened['id']}/prepare").json()
    answer = li.post(f"/api/ceremonies/{opened['id']}/results", signed(again, two_tenants.holders))
    assert answer.json()["state"] == "done"


def test_the_next_key_that_cannot_be_prepared_leaves_the_first_signature(
    li: Browser, two_tenants: TwoTenants, personal, official, admin
):
    started = start(li, "liming")
    opened = open_ceremony(li, started, personal, official)
    admin.execute(
        "UPDATE certificate SET state = 'revoked' WHERE sha256 = %s",
        [two_tenants.company_key.certificate.sha256],
    )
    result = signed(opened, two_tenants.holders)
    for _ in range(2):
        answer = li.post(f"/api/ceremonies/{opened['id']}/results", result)
        assert (code(answer), answer.json()["facts"]) == ("CEREMONY_INCOMPLETE", {"done": 1, "total": 2})
    now = li.get(f"/api/ceremonies/{opened['id']}").json()
    assert [one["state"] for one in now["orders"]] == ["embedded", "waiting"]
    assert detail(li, started["id"])["documents"][0]["head"] == 1


# Who may seal with what


def refused_opening(browser: Browser, admin, envelope, *placements) -> str:
    with snapshot.nothing_changes(admin):
        return code(
            browser.post(f"/api/envelopes/{envelope['id']}/ceremonies", opening(envelope, *placements))
        )


def test_certificates_of_others_are_refused(li: Browser, two_tenants: TwoTenants, personal, admin):
    started = start(li, "liming")
    foreign = placement(two_tenants.seals["liming.personal"], two_tenants.wang_fang_key)
    assert refused_opening(li, admin, started, foreign) == "CERTIFICATE_NOT_BOUND"
    unknown = personal | {"certificate_sha256": "0" * 64}
    assert refused_opening(li, admin, started, unknown) == "CERTIFICATE_NOT_BOUND"
    assert snapshot.refusals(admin) == [("seal.refused", "CERTIFICATE_NOT_BOUND")] * 2


def test_a_seal_is_applied_only_with_its_own_certificates(
    li: Browser, two_tenants: TwoTenants, personal, admin
):
    started = start(li, "liming")
    crossed = placement(two_tenants.seals["liming.official"], two_tenants.li_ming_key)
    assert refused_opening(li, admin, started, crossed) == "SEAL_NOT_ALLOWED"


def test_a_frozen_seal_is_applied_by_nobody(li: Browser, two_tenants: TwoTenants, personal, admin):
    started = start(li, "liming")
    admin.execute("UPDATE seal SET state = 'frozen'")
    assert refused_opening(li, admin, started, personal) == "SEAL_NOT_IN_USE"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("UPDATE seal SET state = 'frozen'", "SEAL_NOT_IN_USE"),
        ("DELETE FROM seal_grant", "SEAL_NOT_ALLOWED"),
        ("DELETE FROM seal_certificate", "SEAL_NOT_ALLOWED"),
        ("UPDATE certificate SET state = 'revoked'", "CERTIFICATE_REVOKED"),
        ("UPDATE member SET is_active = false", "MEMBER_SUSPENDED"),
    ],
)
def test_what_is_withdrawn_while_the_key_is_asked_takes_no_signature(
    li: Browser, two_tenants: TwoTenants, official, admin, change, problem
):
    opened = open_ceremony(li, start(li, "liming"), official)
    result = signed(opened, two_tenants.holders)
    admin.execute(change)
    with snapshot.nothing_changes(admin):
        assert code(li.post(f"/api/ceremonies/{opened['id']}/results", result)) == problem


def test_a_seal_that_was_granted_to_another_is_refused(li: Browser, two_tenants: TwoTenants, official, admin):
    started = start(li, "zhangwei")
    zhang = Browser(two_tenants.zhang_wei)
    assert refused_opening(zhang, admin, started, official) == "SEAL_NOT_ALLOWED"


def test_a_seal_of_another_organization_does_not_exist(li: Browser, two_tenants: TwoTenants, personal, admin):
    started = start(li, "liming")
    for seal_id in (str(two_tenants.seals["wangfang.personal"]), "x"):
        assert refused_opening(li, admin, started, personal | {"seal_id": seal_id}) == "SEAL_NOT_FOUND"


def test_a_certificate_that_its_authority_revoked_signs_nothing(
    li: Browser, two_tenants: TwoTenants, personal, admin, outside: Outside
):
    started = start(li, "liming")
    outside.revoked.add(two_tenants.li_ming_key.certificate.sha256)
    assert refused_opening(li, admin, started, personal) == "CERTIFICATE_REVOKED"


def test_a_certificate_that_its_authority_does_not_know_signs_nothing(
    li: Browser, two_tenants: TwoTenants, personal, admin, outside: Outside
):
    started = start(li, "liming")
    outside.unknown.add(two_tenants.li_ming_key.certificate.sha256)
    assert refused_opening(li, admin, started, personal) == "CERTIFICATE_UNTRUSTED"


def test_a_certificate_that_was_unbound_signs_nothing(li: Browser, two_tenants: TwoTenants, personal, admin):
    started = start(li, "liming")
    admin.execute("UPDATE certificate SET state = 'revoked'")
    assert refused_opening(li, admin, started, personal) == "CERTIFICATE_REVOKED"


@pytest.mark.parametrize("shift", [timedelta(days=60), timedelta(days=-60)])
def test_a_certificate_outside_its_validity_signs_nothing(
    li: Browser, two_tenants: TwoTenants, personal, admin, monkeypatch, shift
):
    started = start(li, "liming")
    moved = timezone.now() + shift
    monkeypatch.setattr(ceremony, "timezone", SimpleNamespace(now=lambda: moved))
    assert refused_opening(li, admin, started, personal) == "CERTIFICATE_EXPIRED"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"page": 3}, "PAGE_NOT_FOUND"),
        ({"x_pt": 580}, "MARK_OUTSIDE_PAGE"),
        ({"width_pt": 0}, "REQUEST_INVALID"),
        ({"width_pt": 3, "height_pt": 3}, "MARK_SIZE_WRONG"),
        ({"x_pt": 0, "y_pt": 0, "width_pt": 595, "height_pt": 842}, "MARK_SIZE_WRONG"),
        ({"x_pt": "NaN"}, "REQUEST_INVALID"),
        ({"kind": "paging"}, "REQUEST_INVALID"),
        ({"kind": "date", "seal_id": None, "text": "2026年"}, "PLACEMENTS_EMPTY"),
        ({"seal_id": None}, "REQUEST_INVALID"),
        ({"text": "\x00"}, "REQUEST_INVALID"),
    ],
)
def test_odd_placements_are_refused(li: Browser, personal, admin, changes, problem):
    assert refused_opening(li, admin, start(li, "liming"), personal | changes) == problem


def test_without_placements_there_is_nothing_to_sign(li: Browser, admin):
    assert refused_opening(li, admin, start(li, "liming")) == "PLACEMENTS_EMPTY"


def test_a_date_with_characters_that_the_font_has_not_is_refused(
    li: Browser, two_tenants: TwoTenants, personal, admin
):
    odd = date(two_tenants.li_ming_key, text="永和九年")
    assert refused_opening(li, admin, start(li, "liming"), personal, odd) == "GLYPH_MISSING"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"width_pt": 51, "height_pt": 51}, "MARK_SIZE_WRONG"),
        ({"x_pt": 580}, "MARK_OUTSIDE_PAGE"),
        ({"page": 3}, "PAGE_NOT_FOUND"),
    ],
)
def test_a_mark_of_the_second_key_that_cannot_be_prepared_is_refused_before_the_first_key_is_asked(
    li: Browser, personal, official, admin, changes, problem
):
    assert refused_opening(li, admin, start(li, "liming"), personal, official | changes) == problem


def test_the_initiator_who_is_no_signer_cannot_seal(li: Browser, personal, admin):
    assert refused_opening(li, admin, start(li, "wangfang"), personal) == "NOT_ADDRESSED"


def test_a_ceremony_belongs_to_its_signer_alone(
    li: Browser, wang: Browser, two_tenants: TwoTenants, personal, admin
):
    opened = open_ceremony(li, start(li, "liming", "wangfang"), personal)
    result = signed(opened, two_tenants.holders)
    with snapshot.nothing_changes(admin):
        assert code(wang.get(f"/api/ceremonies/{opened['id']}")) == "CEREMONY_NOT_FOUND"
        for operation, body in (("prepare", None), ("abandon", None), ("results", result)):
            answer = wang.post(f"/api/ceremonies/{opened['id']}/{operation}", body)
            assert code(answer) == "CEREMONY_NOT_FOUND"


def test_after_the_deadline_nobody_seals_and_the_lists_say_so(
    li: Browser, two_tenants: TwoTenants, personal, admin
):
    started = start(li, two_tenants.li_ming.account)
    prepared = open_ceremony(li, started, personal)
    past = timezone.now() - timedelta(seconds=1)
    admin.execute("UPDATE envelope SET deadline_at = %s WHERE id = %s", [past, started["id"]])
    with snapshot.nothing_changes(admin):
        result = signed(prepared, two_tenants.holders)
        assert code(li.post(f"/api/ceremonies/{prepared['id']}/results", result)) == "ENVELOPE_NOT_OPEN"
        again = li.post(f"/api/envelopes/{started['id']}/ceremonies", opening(started, personal))
        assert code(again) == "ENVELOPE_NOT_OPEN"
    assert detail(li, started["id"])["state"] == "expired"
    assert detail(li, started["id"])["may_sign"] is False
    assert li.get("/api/envelopes?list=inbox").json()["items"] == []
    assert [one["state"] for one in li.get("/api/envelopes?list=started").json()["items"]] == ["expired"]


def test_what_the_page_tells_of_the_reading_stands_in_the_ledger(li: Browser, personal):
    started = start(li, "liming")
    request = opening(started, personal, reading={"pages": 99, "seconds": 75})
    assert li.post(f"/api/envelopes/{started['id']}/ceremonies", request).status_code == 200
    (opened,) = (
        one
        for one in li.get(f"/api/envelopes/{started['id']}/events").json()
        if one["kind"] == "ceremony.opened"
    )
    told = {name: opened["facts"][name] for name in ("pages_seen", "page_count", "reading_seconds")}
    assert told == {"pages_seen": 2, "page_count": 2, "reading_seconds": 75}


@pytest.mark.parametrize(
    "reading", [{"pages": -1, "seconds": 1}, {"pages": 1, "seconds": 10**9}, {"pages": 1}]
)
def test_a_reading_that_cannot_have_been_is_refused(li: Browser, personal, admin, reading):
    started = start(li, "liming")
    request = opening(started, personal, reading=reading)
    with snapshot.nothing_changes(admin):
        assert code(li.post(f"/api/envelopes/{started['id']}/ceremonies", request)) == "REQUEST_INVALID"
