"""matrix.toml, tried cell by cell through HTTP; and what another organization's identifiers are worth."""

import base64
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests import worlds
from tests.server import binding, sealing, snapshot
from tests.server import keycare as keys
from tests.server.browsing import Browser, code, open_ceremony, opening, pdf, placement, signed, start
from tests.server.keycare import Keycare, keycare, made_authority
from tests.server.phones import phones, wanted
from tests.worlds import TwoTenants
from yunqian.server.actions import mail_codes
from yunqian.server.api import members, public_codes, seals, verify
from yunqian.server.api.pace import Pace
from yunqian.server.console import openapi

__all__ = ["keycare", "made_authority", "phones"]

MATRIX: dict[str, dict[str, str]] = tomllib.loads(
    Path(__file__).with_name("matrix.toml").read_text(encoding="utf-8")
)
ACTORS = (
    "initiator",
    "recipient_in_turn",
    "recipient_waiting",
    "recipient_elsewhere",
    "co_member",
    "administrator",
    "other_tenant",
    "external",
    "desk",
    "operator",
    "anonymous",
    "suspended",
)
PART = pdf()  # one document, whose only part it is: made again it would be another


@dataclass
class Scene:
    """The world that the head of matrix.toml describes."""

    browsers: dict[str, Browser]
    accounts: dict[str, str]
    tenant_id: str
    envelope: dict[str, Any]
    envelope_code: str
    ceremony: dict[str, Any]
    batch: dict[str, Any]
    batch_id: str
    upload_id: str
    incoming_id: str
    draft_id: str
    mark: dict[str, Any]
    result: dict[str, Any]
    enrolments: dict[str, dict[str, Any]]
    unlocks: dict[str, dict[str, Any]]
    certificate: str
    session_id: str
    certificates: dict[str, str]
    request_id: str
    administered: dict[str, str]
    tenants: dict[str, str]
    seals: dict[str, str]


@pytest.fixture
def unhurried(phones: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many scenes are made in one process, of one organization and from one address."""
    for pace in ("INVITE_PACE", "JOIN_PACE"):
        monkeypatch.setattr(members, pace, Pace(most=10_000, seconds=1))
    for pace in ("DRAWING_PACE", "STATUS_PACE"):
        monkeypatch.setattr(seals, pace, Pace(most=10_000, seconds=1))
    for pace in ("PACE", "VERDICT_PACE"):
        monkeypatch.setattr(public_codes, pace, Pace(most=10_000, seconds=1))
    monkeypatch.setattr(mail_codes, "LIMITS", ())
    monkeypatch.setattr(verify, "PACE", Pace(most=10_000, seconds=1))


@pytest.fixture
def scene(two_tenants: TwoTenants, admin, keycare: Keycare, unhurried: None) -> Scene:
    co = worlds._member(two_tenants.company_id, "zhaoliu", "赵六", "法务部", may_start=False)
    administrator = worlds.administrator(two_tenants.company_id)
    gone = worlds._member(two_tenants.company_id, "sunqi", "孙七", "法务部", may_start=True)
    people = {
        "initiator": two_tenants.li_ming,
        "recipient_in_turn": two_tenants.wang_fang,
        "recipient_waiting": two_tenants.zhang_wei,
        "recipient_elsewhere": two_tenants.wang_fang,
        "co_member": co,
        "administrator": administrator,
        "other_tenant": two_tenants.chen_jing,
        "external": worlds.external(),
        "operator": worlds.operator(),
        "desk": keycare.clerk,
        "suspended": gone,
    }
    browsers = {name: Browser(member) for name, member in people.items()} | {"anonymous": Browser()}
    elsewhere = worlds.join(two_tenants.wang_fang, slug="branch", name="示例分公司")
    browsers["recipient_elsewhere"].act_for(elsewhere)
    admin.execute("UPDATE member SET is_active = false WHERE id = %s", [gone.member_id])
    envelope = start(browsers["initiator"], ("wangfang", 1), ("zhangwei", 2))
    mark = placement(two_tenants.seals["wangfang.personal"], two_tenants.wang_fang_key)
    ceremony = open_ceremony(browsers["recipient_in_turn"], envelope, mark)
    batch = {
        "request_id": str(uuid4()),
        "envelope_ids": [envelope["id"]],
        "certificate_sha256": two_tenants.wang_fang_key.certificate.sha256,
        "seal_id": str(two_tenants.seals["wangfang.personal"]),
    }
    # Before the applications: binding makes the seal objects anew that are to be written on keys.
    bound = certificates(browsers["initiator"], browsers["administrator"], two_tenants)
    upload_id = browsers["initiator"].upload(pdf()).json()["id"]
    return Scene(
        browsers=browsers,
        accounts={name: member.account for name, member in people.items()} | {"anonymous": "zhaoliu"},
        tenant_id=str(two_tenants.company_id),
        envelope=envelope,
        envelope_code=browsers["initiator"]
        .get(f"/api/envelopes/{envelope['id']}/public-code")
        .json()["code"],
        ceremony=ceremony,
        batch=batch,
        batch_id=browsers["recipient_in_turn"].post("/api/batches", batch).json()["id"],
        upload_id=upload_id,
        incoming_id=arrived(browsers["initiator"]),
        draft_id=browsers["initiator"].post("/api/drafts", {"title": "草稿"}).json()["id"],
        mark=mark,
        result=signed(ceremony, two_tenants.holders),
        enrolments=enrolments(browsers["initiator"]),
        unlocks=unlocks(browsers["initiator"], browsers["desk"]),
        session_id=another_session(two_tenants.li_ming),
        certificates=bound,
        administered=administered(browsers["administrator"], two_tenants),
        seals=sealing.one_of_everything(two_tenants, browsers["initiator"]),
        tenants={"active": str(elsewhere.tenant_id), "suspended": suspended_tenant(browsers["operator"])},
        request_id=binding.asked(browsers["initiator"], binding.of_li(two_tenants, "asked", organization=""))[
            "id"
        ],
        certificate=base64.b64encode(two_tenants.li_ming_key.certificate.der).decode(),
    )


def arrived(browser: Browser) -> str:
    """A document all of whose parts are there, not checked yet."""
    begun = browser.post("/api/incoming-uploads", {"name": "合同.pdf", "size_bytes": len(PART)}).json()["id"]
    sent = browser.upload(PART, path=f"/api/incoming-uploads/{begun}/parts?offset=0")
    assert sent.json()["received_bytes"] == len(PART)
    return str(begun)


def another_session(member: worlds.Member) -> str:
    """One more login of the same person, from elsewhere."""
    found = Browser(member).get("/api/sessions").json()
    return str(next(one["id"] for one in found if one["is_current"]))


def certificates(browser: Browser, administrator: Browser, world: TwoTenants) -> dict[str, str]:
    """One certificate of the initiator in each state that something can follow."""
    made = {
        state: binding.bound(browser, binding.of_li(world, state))["id"] for state in ("bound", "suspended")
    }
    path = f"/api/administration/certificates/{made['suspended']}/suspend"
    assert administrator.post(path, {"reason": "暂停"}).status_code == 200
    return made


def administered(browser: Browser, world: TwoTenants) -> dict[str, str]:
    """One of everything that the company's administrator makes; a further member has the role."""
    member = worlds._member(world.company_id, "qianjiu", "钱九", "仓库", may_start=False)
    role = browser.post("/api/roles", {"name": "合同员", "rights": ["start"]}).json()["id"]
    empty = browser.post("/api/roles", {"name": "无人", "rights": []}).json()["id"]
    member_id = str(member.member_id)
    given = {"right": "start", "holder_kind": "department"}
    department = browser.post("/api/departments", {"name": "供应链部"}).json()["id"]
    grant = browser.post("/api/grants", given | {"holder_id": department}).json()["id"]
    browser.post(f"/api/roles/{role}/holders", {"member_id": member_id})
    return {
        "member_id": member_id,
        "role_id": role,
        "empty_role_id": empty,
        "department_id": browser.post("/api/departments", {"name": "档案室"}).json()["id"],
        "grant_id": grant,
        "invitation_id": browser.post("/api/invitations", {"name": "吴迪"}).json()["invitation"]["id"],
    }


def suspended_tenant(operator: Browser) -> str:
    """An organization that the operator has made and suspended."""
    wanted = {"name": "停用公司", "kind": "company", "slug": "stopped", "administrator": {"name": "某人"}}
    made = operator.post("/api/tenants", wanted).json()["tenant"]["id"]
    assert operator.post(f"/api/tenants/{made}/suspend", {"reason": "欠费"}).status_code == 200
    return str(made)


def enrolments(browser: Browser) -> dict[str, dict[str, Any]]:
    """One application in each state that something can follow."""
    key = keys.KEY | {"serial": "DEMO-EMPTY-0002"}
    issued = keys.issue(browser, keys.begin(browser, key=key)).json()
    return {"issued": issued, "ordered": keys.begin(browser)}


def unlocks(browser: Browser, clerk: Browser) -> dict[str, dict[str, Any]]:
    """One request in each state that something can follow, each for another key."""
    made = {
        state: keys.ask(browser, keys.Client(key=keys.KEY | {"label": state}))
        for state in ("asked", "approved", "released")
    }
    for state in ("approved", "released"):
        keys.approve(clerk, made[state])
    made["released"] = browser.post(f"/api/unlocks/{made['released']['id']}/release").json()
    return made


# In which state a row must be for the operation to be allowed.
STATES = {
    "POST /api/enrolments/{enrolment_id}/stored": "issued",
    "POST /api/administration/certificates/{certificate_id}/restore": "suspended",
    "POST /api/tenants/{tenant_id}/resume": "suspended",
    "POST /api/seals/{seal_id}/unfreeze": "frozen",
    "POST /api/administration/seal-applications/{application_id}/make": "approved",
    "POST /api/unlocks/{unlock_id}/release": "approved",
    "POST /api/unlocks/{unlock_id}/done": "released",
}


def identifiers(scene: Scene, operation: str = "") -> dict[str, str]:
    state = STATES.get(operation)
    return {
        "envelope_id": scene.envelope["id"],
        "document_id": scene.envelope["documents"][0]["id"],
        "envelope_code": scene.envelope_code,
        "position": "1",
        "ending_id": str(uuid4()),
        "ceremony_id": scene.ceremony["id"],
        "batch_id": scene.batch_id,
        "upload_id": scene.upload_id,
        "incoming_id": scene.incoming_id,
        "draft_id": scene.draft_id,
        "session_id": scene.session_id,
        "certificate_id": scene.certificates[state if state in scene.certificates else "bound"],
        "request_id": scene.request_id,
        **scene.administered,
        "role_id": scene.administered["empty_role_id" if operation.startswith("DELETE") else "role_id"],
        **{
            name: scene.seals.get(f"{state} {name}", scene.seals[name])
            for name in ("seal_id", "seal_grant_id", "application_id", "approval_id", "public_code")
        },
        "tenant_id": scene.tenants[state if state in scene.tenants else "active"],
        "enrolment_id": scene.enrolments["issued" if state == "issued" else "ordered"]["id"],
        "unlock_id": scene.unlocks[state if state in scene.unlocks else "asked"]["id"],
    }


def ask(operation: str, browser: Browser, path: str, scene: Scene, actor: str) -> Any:
    """One well-formed request of this operation."""
    method, _, template = operation.partition(" ")
    if operation in ("POST /api/uploads", "POST /api/verify"):
        return browser.upload(pdf(), path=path)
    if operation.endswith("/parts"):
        return browser.upload(PART, path=path + "?offset=0")
    if operation.startswith("POST /api/seal-") and operation.endswith("/scan"):
        fields = {"kind": "name", "width_mm": 18, "name": f"{actor} 扫描章", "reason": "签合同用"}
        fields = fields if "applications" in operation else {"kind": "name", "width_mm": 18}
        return sealing.send_scan(browser, path, sealing.scan(), **fields)
    if operation == "GET /api/envelopes/export":
        return browser.get("/api/envelopes/export?list=inbox&format=csv")
    if operation == "GET /api/envelopes":
        return browser.get(path + "?list=inbox")
    if operation == "GET /api/entry":
        return browser.get(path + "?slug=branch")
    if method == "GET":
        return browser.get(path + ASKED.get(operation, ""))
    if method == "DELETE":
        return browser.delete(path)
    bodies: dict[str, Callable[[], Any]] = {
        "/api/session": lambda: {"account": scene.accounts[actor], "password": worlds.PASSWORD},
        "/api/session/tenant": lambda: {"tenant_id": scene.tenant_id},
        "/api/session/challenges": lambda: {"certificate": scene.certificate},
        "/api/session/certificate": lambda: {
            "order_id": str(uuid4()),
            "certificate": scene.certificate,
            "signature": "AAAA",
        },
        "/api/envelopes/preflight": lambda: {
            "upload_ids": [scene.upload_id],
            "recipients": [{"account": "liming"}],
        },
        "/api/incoming-uploads": lambda: {"name": "合同.pdf", "size_bytes": 1000},
        "/api/incoming-uploads/{incoming_id}/finish": dict,
        "/api/drafts": lambda: {"title": "草稿"},
        "/api/drafts/{draft_id}": lambda: {"version": 1, "content": {"title": "草稿"}},
        "/api/envelopes": lambda: {
            "upload_ids": [scene.upload_id],
            "title": "合同",
            "recipients": [{"account": "liming"}],
        },
        "/api/envelopes/{envelope_id}/decline": lambda: {"reason": "条款有误"},
        "/api/envelopes/{envelope_id}/void": lambda: {"reason": "重新起草"},
        "/api/envelopes/{envelope_id}/deadline": lambda: {"deadline_at": None},
        "/api/envelopes/{envelope_id}/recipients": lambda: {"recipients": [{"account": "chenjing"}]},
        "/api/envelopes/{envelope_id}/ceremonies": lambda: opening(scene.envelope, scene.mark),
        "/api/ceremonies/{ceremony_id}/results": lambda: scene.result,
        "/api/batches": lambda: scene.batch,
        "/api/batches/{batch_id}/results": lambda: {"results": [scene.result]},
        "/api/enrolments": lambda: {"key": keys.KEY | {"label": actor}, "algorithm": "RSA_SHA256"},
        "/api/enrolments/{enrolment_id}/request": lambda: keys.requested(
            keys.order_of(scene.enrolments["ordered"]), which="another"
        ),
        "/api/enrolments/{enrolment_id}/stored": lambda: keys.stored(scene.enrolments["issued"]),
        "/api/unlocks": lambda: {"request": keys.Client().request(), "reason": "忘记口令"},
        "/api/unlocks/{unlock_id}/done": lambda: keys.finished(scene.unlocks["released"]),
        "/api/phone-codes": lambda: {"mobile": own_number(actor), "purpose": "login"},
        "/api/registration/proof": lambda: {"mobile": own_number(actor), "code": "000000"},
        "/api/registration": lambda: wanted(mobile=own_number(actor)),
        "/api/session/phone": lambda: {"mobile": own_number(actor), "code": "000000"},
        "/api/session/step-up": lambda: {"password": worlds.PASSWORD},
        "/api/session/step-up/certificate": lambda: {
            "order_id": str(uuid4()),
            "certificate": scene.certificate,
            "signature": "AAAA",
        },
        "/api/envelopes/{envelope_id}/endings": lambda: {"reason": "合同解除"},
        "/api/envelopes/{envelope_id}/endings/{ending_id}/answer": lambda: {"is_agreed": True},
        "/api/envelopes/{envelope_id}/seat": lambda: {
            "account": "chenjing" if actor == "recipient_in_turn" else "zhaoliu"
        },
        "/api/notices/read": lambda: {"ids": []},
        "/api/profile/mail/code": lambda: {"address": f"{actor.replace('_', '.')}@example.cn"},
        "/api/profile/mail": lambda: {"code": "000000"},
        "/api/password": lambda: {"password": "password123"},  # too weak: a good one ends other sessions
        "/api/members/{member_id}/department": lambda: {"department_id": None},
        "/api/members/{member_id}/leave": dict,
        "/api/members/{member_id}/look": lambda: {"field": "mobile", "reason": "通知补签"},
        "/api/departments": lambda: {"name": "新部门"},
        "/api/departments/{department_id}": lambda: {"name": "新部门"},
        "/api/roles": lambda: {"name": "新角色", "rights": []},
        "/api/roles/{role_id}": lambda: {"name": "新角色", "rights": []},
        "/api/roles/{role_id}/holders": lambda: {"member_id": scene.administered["member_id"]},
        "/api/grants": lambda: {
            "right": "seals",
            "holder_kind": "member",
            "holder_id": scene.administered["member_id"],
        },
        "/api/invitations": lambda: {"name": "吴迪"},
        "/api/joining": lambda: {"secret": "x" * 40},
        "/api/joining/look": lambda: {"secret": "x" * 40},
        "/api/organization/verification": lambda: {
            "uscc": "91350100M000100Y43",
            "legal_representative": "李明",
        },
        "/api/tenants": lambda: {
            "name": "新公司",
            "kind": "company",
            "slug": "new-company",
            "administrator": {"name": "某人"},
        },
        "/api/tenants/{tenant_id}/suspend": lambda: {"reason": "欠费"},
        "/api/tenants/{tenant_id}/resume": lambda: {"reason": "已缴清"},
        "/api/certificates/challenges": lambda: {"certificate": scene.certificate},
        "/api/certificates": lambda: {
            "order_id": str(uuid4()),
            "certificate": scene.certificate,
            "proof": "AAAA",
        },
        "/api/certificates/{certificate_id}/loss": lambda: {"reason": "遗失"},
        "/api/administration/binding-requests/{request_id}/refuse": lambda: {"reason": "未能核实"},
        **{
            f"/api/administration/certificates/{{certificate_id}}/{what}": lambda: {"reason": "调岗"}
            for what in ("suspend", "restore", "revoke")
        },
        "/api/seal-previews": lambda: {"kind": "name", "picture": {"source": "drawn"}},
        "/api/seal-applications": lambda: sealing.OWN_NAME | {"name": f"{actor} 名章"},
        **{
            f"/api/seals/{{seal_id}}/{what}": lambda: {"reason": "遗失"}
            for what in ("freeze", "unfreeze", "cancel")
        },
        "/api/seals/{seal_id}/uses": lambda: {
            "envelope_id": scene.seals["envelope of his own"],
            "reason": "签约",
        },
        "/api/administration/seal-applications/{application_id}/refuse": lambda: {"reason": "重复申请"},
        "/api/administration/seal-applications/{application_id}/make": lambda: {
            "certificate_ids": [scene.seals["of the organization"]]
        },
        "/api/administration/seals/{seal_id}/certificates": lambda: {
            "certificate_ids": [scene.seals["of the organization"]]
        },
        "/api/administration/seals/{seal_id}/grants": lambda: {
            "holder_kind": "member",
            "holder_id": scene.administered["member_id"],
        },
        "/api/administration/seal-uses/requests/{approval_id}/refuse": lambda: {"reason": "未说明用途"},
        "/api/desk/unlocks/{unlock_id}/approve": lambda: {"code": scene.unlocks["asked"]["code"]},
        "/api/desk/unlocks/{unlock_id}/refuse": lambda: {"reason": "未能核实"},
    }
    body = bodies.get(template, lambda: None)()
    return browser.put(path, body) if method == "PUT" else browser.post(path, body)


ASKED = {
    "GET /api/demo/messages": "?mobile=13800131234",
    "GET /api/demo/letters": "?address=wangfang@example.cn",
}


def own_number(actor: str) -> str:
    """A mobile number for each actor, so that none waits for another's code."""
    return f"139000000{ACTORS.index(actor) if actor in ACTORS else 99:02}"


def operations() -> set[str]:
    return {
        f"{method.upper()} {path}"
        for path, methods in openapi.document()["paths"].items()
        for method in methods
    }


def test_every_operation_of_the_api_has_a_row_and_every_row_an_operation():
    assert set(MATRIX) == operations()


def test_every_row_answers_for_everybody():
    assert {operation for operation, row in MATRIX.items() if tuple(row) != ACTORS} == set()


READING = sorted(operation for operation in MATRIX if operation.startswith("GET "))
WRITING = sorted(set(MATRIX) - set(READING))


@pytest.mark.parametrize("operation", WRITING)
def test_the_answer_is_the_one_in_the_matrix(operation: str, scene: Scene, admin):
    compare(operation, scene, admin)


@pytest.mark.timeout(900)
def test_the_answers_to_reading_are_those_in_the_matrix(scene: Scene, admin):
    """All of them in one scene, which reading leaves as it is."""
    for operation in READING:
        compare(operation, scene, admin)


def compare(operation: str, scene: Scene, admin) -> None:
    """Ask as everybody, those first who are refused: they must leave every table as it was."""
    path = operation.partition(" ")[2].format(**identifiers(scene, operation))
    row = MATRIX[operation]
    for actor in sorted(row, key=lambda actor: row[actor] == "allowed"):
        browser = scene.browsers[actor]
        if row[actor] == "allowed":
            answer = ask(operation, browser, path, scene, actor)
            assert answer.status_code in (200, 204), (operation, actor, code(answer))
        else:
            with snapshot.nothing_changes(admin):
                said = code(ask(operation, browser, path, scene, actor))
            assert (operation, actor, said) == (operation, actor, row[actor])


# What is public is asked for by an unguessable code, and is worth the same to everybody.
NAMING = sorted(
    operation for operation, row in MATRIX.items() if "{" in operation and row["anonymous"] != "allowed"
)


@pytest.mark.timeout(900)
def test_identifiers_of_another_organization_are_worth_as_much_as_invented_ones(
    scene: Scene, admin, two_tenants: TwoTenants
):
    """Every known identifier in every place: always the answer of an identifier that does not exist.

    One scene for all operations: each is asserted to leave it as it was.
    """
    stranger = worlds._member(two_tenants.center_id, "zhouba", "周八", "综合科", may_start=True)
    browser = Browser(worlds._holding(stranger, worlds.ADMINISTRATOR))
    document = scene.envelope["documents"][0]["id"]
    seals = [str(seal) for name, seal in two_tenants.seals.items() if name.startswith("liming")]
    known = [*identifiers(scene).values(), document, str(two_tenants.company_id), *seals]
    odd = [str(uuid4()), "0", "x" * 300, "%00", "..%2f..", "null", "{envelope_id}"]
    for operation in NAMING:
        with snapshot.nothing_changes(admin):
            paths = [re.sub(r"{\w+}", one, operation.partition(" ")[2]) for one in [*known, *odd]]
            answers = [ask(operation, browser, path, scene, "") for path in paths]
        is_reserved = "/desk/" in operation or "/tenants/" in operation
        expected = {403, 404} if is_reserved else {404}
        assert (operation, {answer.status_code for answer in answers}) == (operation, expected)
        assert (operation, len({answer.content for answer in answers[: len(known) + 1]})) == (operation, 1)


def test_identifiers_of_another_organization_in_a_body_open_nothing(
    scene: Scene, two_tenants: TwoTenants, admin
):
    """The other organization's document, upload, seal and certificate inside one's own envelope."""
    wang = scene.browsers["recipient_in_turn"]
    own = start(wang, "wangfang")
    foreign_document = opening(own, scene.mark, document_id=scene.envelope["documents"][0]["id"])
    foreign_seal = opening(own, scene.mark | {"seal_id": str(two_tenants.seals["liming.personal"])})
    foreign_key = opening(
        own, scene.mark | {"certificate_sha256": two_tenants.li_ming_key.certificate.sha256}
    )
    sent = {"upload_ids": [scene.upload_id], "title": "合同", "recipients": [{"account": "wangfang"}]}
    with snapshot.nothing_changes(admin):
        at = f"/api/envelopes/{own['id']}/ceremonies"
        assert code(wang.post(at, foreign_document)) == "DOCUMENT_NOT_FOUND"
        assert code(wang.post(at, foreign_seal)) == "SEAL_NOT_FOUND"
        assert code(wang.post(at, foreign_key)) == "CERTIFICATE_NOT_BOUND"
        assert code(wang.post("/api/envelopes", sent)) == "UPLOAD_NOT_FOUND"


def test_what_a_stranger_may_list_holds_nothing_of_others(scene: Scene):
    for which in ("inbox", "signed", "started"):
        for actor in ("co_member", "other_tenant"):
            found = scene.browsers[actor].get(f"/api/envelopes?list={which}&q=合同").json()
            assert found == {"items": [], "next_cursor": None}
