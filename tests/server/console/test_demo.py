"""`yunqian demo`: its world is whole, made once, bound to the authority, and never made where it does not belong."""

import base64
import dataclasses
import functools
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from yunqian.agent import config as agent_config
from yunqian.agent.keys import soft
from yunqian.agent.pin import Pin
from yunqian.crypto import certificates
from yunqian.crypto.suites import Suite
from yunqian.engine import intake, verify
from yunqian.eseal import seal as eseal
from yunqian.eseal import verdicts
from yunqian.problems import Problem, Refused
from yunqian.server import scope, settings
from yunqian.server.access.actor import Asking
from yunqian.server.actions import demo as world
from yunqian.server.actions import login
from yunqian.server.adapters.ca import embedded, guomi
from yunqian.server.console import demo
from yunqian.server.queries import demo as accounts
from yunqian.server.queries import evidence, person
from yunqian.server.records.models import (
    AuditEvent,
    Certificate,
    Person,
    Seal,
    SealCertificate,
    SealGrant,
    Tenant,
)
from yunqian.server.settings import Config, Mode
from yunqian.wire.envelope import Right

SIGN, SEAL, GUOMI = "DEMO-SIGN-0001", "DEMO-SEAL-0001", "DEMO-SM2-0001"
CENTER = "某市公共资源交易中心"
QUICK_HASH = functools.cache(world.make_password)
QUICK_TENANTS = tuple(
    dataclasses.replace(
        tenant,
        seals=tuple(dataclasses.replace(seal, draw=functools.cache(seal.draw)) for seal in tenant.seals),
    )
    for tenant in world.TENANTS
)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two keys and the authorities: what takes long, made once."""
    home = tmp_path_factory.mktemp("prepared")
    made = dataclasses.replace(settings.current(), home=home)
    for serial, label, suite in (
        (SIGN, "签名章", Suite.RSA_SHA256),
        (SEAL, "公章", Suite.RSA_SHA256),
        (GUOMI, "国密公章", Suite.SM2_SM3),
    ):
        with Pin(bytearray(b"123456")) as pin:
            soft.create(keys(made), serial=serial, label=label, pin=pin, algorithm=suite)
    embedded.make(made).make_stamper()
    return home


@pytest.fixture
def config(empty_database: Config, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A home of its own on the empty database. Pictures and the password's hash are made once for all tests."""
    changed = dataclasses.replace(empty_database, home=tmp_path / "home", client_ports=(18311, 18312))
    shutil.copytree(prepared, changed.home)
    monkeypatch.setattr(settings, "current", lambda: changed)
    monkeypatch.setattr(world, "TENANTS", QUICK_TENANTS)
    monkeypatch.setattr(world, "make_password", QUICK_HASH)
    return changed


def keys(config: Config) -> Path:
    return config.home / "agent" / "keys"


def certificate_of(config: Config, serial: str) -> certificates.Certificate:
    return certificates.read((keys(config) / serial / "certificate.pem").read_bytes())


def asking(account: str) -> Asking:
    return login.log_in(account=account, password="yunqian-demo", address="127.0.0.1")


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def rows() -> dict[str, list]:
    """All that the demo wrote, seen organization by organization."""
    with scope.platform():
        tenants = list(Tenant.objects.order_by("slug"))
        seen = {"people": list(Person.objects.order_by("account").values_list())}
    for tenant in tenants:
        with scope.reading(person_id=None, tenant_id=tenant.id):
            for model in (Certificate, Seal, SealCertificate, SealGrant, AuditEvent):
                seen[f"{tenant.slug} {model.__name__}"] = list(model.objects.order_by("id").values_list())
    return seen


def test_four_people_log_in_and_two_of_them_may_start(config: Config, capsys):
    assert demo.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("单位 organization 广东示例科技有限公司: 新增") for line in lines)
    seen = {
        account: person.session(asking(account), csrf="")
        for account in ("liming", "zhangwei", "wangfang", "chenjing")
    }
    assert {account: session.rights for account, session in seen.items()} == {
        "liming": (Right.START,),
        "zhangwei": (),
        "wangfang": (Right.START,),
        "chenjing": (Right.MEMBERS, Right.SEALS, Right.CERTIFICATES),
    }
    assert {
        account: (session.tenant.slug, session.tenant.kind, session.person.name, session.person.department)
        for account, session in seen.items()
    } == {
        "liming": ("demo-company", "company", "李明", "采购部"),
        "zhangwei": ("demo-company", "company", "张伟", "销售部"),
        "wangfang": ("demo-center", "government", "王芳", "交易科"),
        "chenjing": ("demo-center", "government", "陈静", "综合科"),
    }


def test_the_login_page_is_given_the_accounts_in_their_order(config: Config):
    demo.main([])
    assert [each.account for each in accounts.accounts()] == [
        "liming",
        "zhangwei",
        "sunli",
        "wangfang",
        "chenjing",
        "desk",
        "operator",
    ]


def test_the_authorities_are_made_where_there_are_none(config: Config):
    shutil.rmtree(config.home / "ca")
    assert demo.main([]) == 0
    assert embedded.load(config).stamper() is not None
    assert (config.home / "ca" / "DEMO").exists()


def test_a_second_start_changes_nothing(config: Config, capsys):
    assert demo.main([]) == 0
    before, files = rows(), everything(config.home)
    capsys.readouterr()
    assert demo.main([]) == 0
    assert capsys.readouterr().out.count("已齐备 complete") == 5
    assert rows() == before
    assert everything(config.home) == files


def test_what_is_missing_is_added_again(config: Config):
    demo.main([])
    company = asking("liming").tenant_id
    with scope.entered(person_id=None, tenant_id=company):
        SealCertificate.objects.all().delete()
    (config.home / "samples" / "采购合同.pdf").unlink()
    demo.main([])
    with scope.reading(person_id=None, tenant_id=company):
        assert SealCertificate.objects.count() == 3
        assert Seal.objects.count() == 3
    assert (config.home / "samples" / "采购合同.pdf").exists()


def test_the_certificates_chain_to_the_trusted_root(config: Config):
    demo.main([])
    trust = verify.load_trust(config.trust_folder)
    assert len(trust.roots) == 2
    assert len(trust.crls) == 4
    for serial, owner in ((SIGN, "李明"), (SEAL, "广东示例科技有限公司"), (GUOMI, CENTER)):
        leaf, *others = certificates.read_all((keys(config) / serial / "certificate.pem").read_bytes())
        path = certificates.chain(leaf, others, trust.roots, at=datetime.now(UTC))
        assert path[0].owner == owner
        assert path[-1] in trust.roots
        assert leaf.may_sign


def test_the_keys_carry_certificates_that_fit_them(config: Config):
    """As the security client lists them, without its being told anything but agent.json."""
    demo.main([])
    told = agent_config.load(config.home / "agent")
    assert [driver.kind for driver in told.drivers] == ["soft"]
    plugged = soft.SoftDriver(config.home / "agent" / told.drivers[0].folder).plugged()
    assert {key.serial: [one.owner for one in key.certificates] for key in plugged} == {
        SIGN: ["李明"],
        SEAL: ["广东示例科技有限公司"],
        GUOMI: [CENTER],
    }
    assert certificate_of(config, GUOMI).key_algorithm == "ec:sm2"


def test_the_sm2_key_is_for_the_centers_official_seal(config: Config):
    """A newcomer who logs in as 王芳 seals with SM2."""
    demo.main([])
    at = asking("wangfang")
    with scope.reading(person_id=None, tenant_id=at.tenant_id):
        pairs = set(SealCertificate.objects.values_list("seal__name", "certificate__sha256"))
        granted = set(SealGrant.objects.values_list("seal__name", "member__person__account"))
    assert pairs == {("公章", certificate_of(config, GUOMI).sha256)}
    assert granted == {("公章", "wangfang")}


def test_each_seal_is_bound_to_the_certificate_of_its_owner_and_granted(config: Config):
    demo.main([])
    at = asking("liming")
    with scope.reading(person_id=None, tenant_id=at.tenant_id):
        pairs = set(SealCertificate.objects.values_list("seal__name", "certificate__sha256"))
        granted = set(SealGrant.objects.values_list("seal__name", "member__person__account"))
        personal = Seal.objects.get(person_id=at.person_id)
    sign, seal = certificate_of(config, SIGN).sha256, certificate_of(config, SEAL).sha256
    assert pairs == {("李明之印", sign), ("公章", seal), ("合同专用章", seal)}
    assert granted == {("公章", "liming"), ("合同专用章", "liming"), ("合同专用章", "zhangwei")}
    assert (personal.width_mm, personal.height_mm, personal.kind) == (18, 18, "name")
    assert bytes(personal.picture_png).startswith(b"\x89PNG")


def test_the_making_is_in_the_ledger_once(config: Config):
    demo.main([])
    demo.main([])
    tenant_id = asking("liming").tenant_id
    with scope.reading(person_id=None, tenant_id=tenant_id):
        made = AuditEvent.objects.get(kind="demo.made")
    assert made.facts == {"members": 3, "seals": 3, "bindings": 5, "eseals": 3}
    assert evidence.breaks(tenant_id=tenant_id, envelope_id=None) == ()


def eseals(account: str) -> dict[str, bytes | None]:
    with scope.reading(person_id=None, tenant_id=asking(account).tenant_id):
        return {row.name: row.eseal and bytes(row.eseal) for row in Seal.objects.all()}


def test_the_seals_are_electronic_ones_for_the_certificates_that_may_apply_them(config: Config):
    demo.main([])
    trust = verify.load_trust(config.trust_folder)
    made = {name: eseal.read(found) for name, found in eseals("liming").items()}
    with scope.reading(person_id=None, tenant_id=asking("liming").tenant_id):
        pictures = {row.name: bytes(row.picture_png) for row in Seal.objects.all()}
    members = {"李明之印": SIGN, "公章": SEAL, "合同专用章": SEAL}
    assert made.keys() == members.keys()
    for name, found in made.items():
        leaf = certificate_of(config, members[name])
        findings = (
            *verdicts.judge_seal(found, at=datetime.now(UTC)),
            verdicts.judge_membership(found, leaf.der),
        )
        assert {one.verdict for one in findings} == {verdicts.Verdict.VALID}
        assert found.picture.content == pictures[name]
        maker = certificates.read(found.maker_certificate)
        assert maker.key_algorithm == "ec:sm2"
        path = certificates.chain(maker, trust.intermediates, trust.roots, at=datetime.now(UTC))
        assert path[-1] in trust.roots
    assert made["合同专用章"].name == "广东示例科技有限公司合同专用章"
    assert (made["李明之印"].name, made["李明之印"].kind) == ("李明之印", 2)
    other = certificate_of(config, GUOMI).der
    assert verdicts.judge_membership(made["公章"], other).verdict is verdicts.Verdict.INVALID


def test_each_demo_key_carries_the_seals_that_its_certificate_may_apply(config: Config):
    demo.main([])
    names = {}
    for serial in (SIGN, SEAL, GUOMI):
        (key,) = [one for one in soft.SoftDriver(keys(config)).plugged() if one.serial == serial]
        names[serial] = sorted(eseal.read(one).name for one in key.seals)
    company, center = "广东示例科技有限公司", "某市公共资源交易中心"
    assert names == {
        SIGN: ["李明之印"],
        SEAL: [f"{company}公章", f"{company}合同专用章"],
        GUOMI: [f"{center}公章"],
    }


def test_a_seal_without_a_certificate_stays_a_picture(config: Config):
    demo.main([])
    assert eseals("wangfang")["王芳之印"] is None
    assert eseals("wangfang")["公章"] is not None


@pytest.mark.parametrize("kept", [None, b"damaged"])
def test_the_seals_of_an_older_demo_are_made_at_its_next_start(config: Config, kept: bytes | None):
    demo.main([])
    with scope.entered(person_id=None, tenant_id=asking("liming").tenant_id):
        Seal.objects.update(eseal=kept)
    demo.main([])
    for made in eseals("liming").values():
        assert verdicts.judge_maker(eseal.read(made)).verdict is verdicts.Verdict.VALID
    with scope.reading(person_id=None, tenant_id=asking("liming").tenant_id):
        facts = AuditEvent.objects.filter(kind="demo.made").latest("sequence").facts
    assert facts == {"members": 0, "seals": 0, "bindings": 0, "eseals": 3}


def test_seals_are_made_anew_when_a_certificate_was_replaced_and_the_others_stay(config: Config):
    demo.main([])
    before = eseals("liming")
    embedded.load(config).revoke(certificate_of(config, SIGN))
    demo.main([])
    after = eseals("liming")
    assert [name for name in before if before[name] != after[name]] == ["李明之印"]
    leaf = certificate_of(config, SIGN).der
    found = eseal.read(after["李明之印"])
    assert verdicts.judge_membership(found, leaf).verdict is verdicts.Verdict.VALID


def test_a_machine_without_sm2_has_an_rsa_maker(config: Config, monkeypatch):
    shutil.rmtree(config.home / "ca")
    (keys(config) / GUOMI / "request.pem").unlink()
    monkeypatch.setattr(guomi, "_is_able", lambda: False)
    assert demo.main([]) == 0
    found = eseal.read(eseals("liming")["公章"])
    assert certificates.read(found.maker_certificate).key_algorithm == "rsa"
    leaf = certificate_of(config, SEAL).der
    assert verdicts.judge_membership(found, leaf).verdict is verdicts.Verdict.VALID
    before = rows()
    assert demo.main([]) == 0
    assert rows() == before


def test_the_client_is_paired_with_every_origin_and_the_key_that_signs_orders(config: Config):
    demo.main([])
    told = agent_config.load(config.home / "agent")
    assert told.port == 18311
    assert [platform.origin for platform in told.platforms] == list(config.origins)
    message = b"an order"
    signature = Ed25519PrivateKey.from_private_bytes(config.secrets.order_signing_key).sign(message)
    for platform in told.platforms:
        platform.verifier().verify(signature, message)


def test_the_drivers_and_other_pairings_of_the_client_stay(config: Config):
    demo.main([])
    path = config.home / "agent" / "agent.json"
    content = json.loads(path.read_text())
    other = {
        "origin": "https://sign.example",
        "name": "别的平台",
        "order_key": base64.b64encode(bytes(32)).decode(),
    }
    stale = content["platforms"][0] | {"origin": "http://127.0.0.1:9"}
    content["platforms"] = [stale, other]
    content["drivers"] = [{"kind": "pkcs11", "module": "libsofthsm2.so"}]
    path.write_text(json.dumps(content))
    demo.main([])
    told = agent_config.load(path.parent)
    assert [platform.origin for platform in told.platforms] == [*config.origins, "https://sign.example"]
    assert [driver.kind for driver in told.drivers] == ["pkcs11"]


@pytest.mark.parametrize("damaged", ["", "[]", '{"platforms": 1}', '{"platforms": [1]}', "\ufffd"])
def test_a_damaged_pairing_is_written_anew(config: Config, damaged: str):
    path = config.home / "agent" / "agent.json"
    path.write_text(damaged)
    assert demo.main([]) == 0
    assert agent_config.load(path.parent).port == 18311


def test_a_revoked_certificate_is_replaced(config: Config):
    demo.main([])
    before = certificate_of(config, SIGN)
    embedded.load(config).revoke(before)
    demo.main([])
    after = certificate_of(config, SIGN)
    assert after.sha256 != before.sha256
    assert after.public_key_der == before.public_key_der


def test_a_new_key_with_the_same_serial_gets_its_own_certificate(config: Config):
    demo.main([])
    before = certificate_of(config, SIGN)
    (keys(config) / SIGN / "key.json").unlink()
    with Pin(bytearray(b"123456")) as pin:
        soft.create(keys(config), serial=SIGN, label="签名章", pin=pin, algorithm=Suite.RSA_SHA256)
    demo.main([])
    assert certificate_of(config, SIGN).public_key_der != before.public_key_der


def test_without_keys_the_world_is_made_all_the_same(config: Config, capsys):
    for serial in (SIGN, SEAL, GUOMI):
        (keys(config) / serial / "request.pem").unlink()
    assert demo.main([]) == 0
    assert capsys.readouterr().out.count("没有申请 no request") == 3
    assert asking("liming").person_id


def test_a_damaged_request_is_refused_in_words(config: Config, capsys):
    (keys(config) / SIGN / "request.pem").write_text("no request")
    assert demo.main([]) == 1
    assert Problem.REQUEST_INVALID.row.en.split("{")[0].strip() in capsys.readouterr().err


def test_the_sample_contract_has_four_pages_and_is_accepted_as_it_is(config: Config):
    demo.main([])
    (path,) = (config.home / "samples").glob("*.pdf")
    accepted = intake.accept(path.read_bytes(), limits=intake.Limits())
    assert path.name == "采购合同.pdf"
    assert len(accepted.pages) == 4
    assert accepted.remarks == ()
    with pikepdf.open(path) as pdf:
        size = [round(float(value) / 72 * 25.4) for value in pdf.pages[0].mediabox[2:]]
    assert size == [210, 297]


def test_production_is_refused_and_nothing_is_written(config: Config, monkeypatch, capsys):
    before = everything(config.home)
    production = dataclasses.replace(config, mode=Mode.PRODUCTION)
    monkeypatch.setattr(settings, "current", lambda: production)
    assert demo.main([]) == 1
    assert "YUNQIAN_MODE=demo" in capsys.readouterr().err
    assert everything(config.home) == before
    with scope.platform():
        assert not Tenant.objects.exists()


def test_a_database_with_other_organizations_is_refused(config: Config, capsys):
    shutil.rmtree(config.home / "ca")
    with scope.platform(is_writing=True):
        Tenant.objects.create(slug="real", name="真实单位", kind="company")
    assert demo.main([]) == 1
    assert "not the demo's" in capsys.readouterr().err
    assert not (config.home / "ca").exists()
    with scope.platform():
        assert not Person.objects.exists()


def test_a_disk_that_refuses_is_told_in_words(config: Config, capsys, monkeypatch):
    def full(_path: Path, _content: bytes) -> None:
        raise OSError(28, "No space left on device", "agent.json")

    monkeypatch.setattr(demo, "replace_durably", full)
    assert demo.main([]) == 1
    assert "agent.json: No space left on device" in capsys.readouterr().err


def test_every_seal_of_the_world_can_be_drawn():
    for tenant in world.TENANTS:
        for seal in tenant.seals:
            assert seal.draw().png.startswith(b"\x89PNG")


def test_refusing_elsewhere_names_the_problem(config: Config):
    with pytest.raises(Refused) as caught:
        demo.refuse_elsewhere(dataclasses.replace(config, mode=Mode.PRODUCTION))
    assert caught.value.problem is Problem.CONFIG_INSECURE
