"""Asking the carriers by way of a cloud: only a plain yes is a match, over real sockets and checked signatures."""

import contextlib
import dataclasses
import logging
import time
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest

from tests.server.adapters import clouds
from tests.server.adapters.clouds import KEY, LOCAL, Cloud, Mood
from yunqian.problems import Problem, Refused
from yunqian.server import scope, settings
from yunqian.server.adapters import realname
from yunqian.server.adapters.acs3 import AlibabaCloud
from yunqian.server.adapters.exchange import Limits
from yunqian.server.adapters.realname.aliyun import AliyunCarrier
from yunqian.server.adapters.realname.port import CarrierCheck, Verdict
from yunqian.server.adapters.realname.tencent import TencentCarrier
from yunqian.server.adapters.tc3 import TencentCloud
from yunqian.server.settings.clouds import AccessKey

pytestmark = pytest.mark.usefixtures("no_database")
NAME, ID_NUMBER, MOBILE = "欧阳·娜娜", "11010519491231002X", "13800131234"
QUICK = Limits(connect_seconds=1.0, whole_seconds=0.5)
SLACK_SECONDS = 5.0
SILENCE = Problem.REALNAME_UNAVAILABLE


class Aliyun:
    """How Alibaba Cloud says things."""

    is_signed = staticmethod(clouds.is_signed_acs3)
    codes: ClassVar = {"1": Verdict.MATCH, "2": Verdict.MISMATCH, "3": Verdict.NO_RECORD}
    strange = ("0", "4", "", "10", " 1", "１", 1, None, True, ["1"])

    @staticmethod
    def says(code: object) -> object:
        return {"Code": "200", "Message": "success", "RequestId": "R", "ResultObject": {"BizCode": code}}

    @staticmethod
    def made(cloud: Cloud, **more) -> CarrierCheck:
        more = {"key": KEY, "allowed_hosts": LOCAL} | more
        return AliyunCarrier(AlibabaCloud(cloud.url, silence=SILENCE, **more))


class Tencent:
    """How Tencent Cloud says things."""

    is_signed = staticmethod(clouds.is_signed_tc3)
    codes: ClassVar = {"0": Verdict.MATCH, "-4": Verdict.MISMATCH, "-9": Verdict.NO_RECORD}
    strange = ("-6", "-7", "-8", "-11", "-12", "-13", "1", "", "00", 0, None, False)

    @staticmethod
    def says(code: object) -> object:
        return {"Response": {"Result": code, "Description": "…", "Isp": "移动", "RequestId": "R"}}

    @staticmethod
    def made(cloud: Cloud, **more) -> CarrierCheck:
        more = {"key": KEY, "allowed_hosts": LOCAL} | more
        return TencentCarrier(TencentCloud(cloud.url, silence=SILENCE, **more))


@pytest.fixture(params=[Aliyun, Tencent])
def kind(request):
    return request.param


@pytest.fixture
def cloud(kind):
    with clouds.serving(kind.is_signed) as served:
        served.answer = kind.says(next(iter(kind.codes)))
        yield served


def check(carrier: CarrierCheck) -> Verdict:
    return carrier.check(NAME, ID_NUMBER, MOBILE)


def refused(carrier: CarrierCheck) -> None:
    with pytest.raises(Refused) as caught:
        check(carrier)
    assert caught.value.problem is SILENCE
    assert caught.value.facts == {}
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_each_plain_answer_is_its_verdict(kind, cloud):
    for code, verdict in kind.codes.items():
        cloud.answer = kind.says(code)
        assert check(kind.made(cloud)) is verdict
    assert len(cloud.asked) == 3


def test_everything_else_that_is_said_is_no_answer(kind, cloud):
    for code in kind.strange:
        cloud.answer = kind.says(code)
        refused(kind.made(cloud))
    assert len(cloud.asked) == len(kind.strange)


@pytest.mark.parametrize(
    "answer",
    [
        {"Code": "401", "ResultObject": {"BizCode": "1"}},
        {"Code": 200, "ResultObject": {"BizCode": "1"}},
        {"ResultObject": {"BizCode": "1"}},
        {"Code": "200", "ResultObject": "1"},
        {"Code": "200", "BizCode": "1"},
        {"Code": "200"},
        {},
        None,
    ],
)
def test_alibaba_clouds_failure_is_no_answer_even_with_a_verdict_inside(answer):
    with clouds.serving(Aliyun.is_signed) as cloud:
        cloud.answer = answer
        refused(Aliyun.made(cloud))


@pytest.mark.parametrize(
    "response",
    [
        {"Error": {"Code": "RequestLimitExceeded", "Message": "…"}},
        {"Error": {"Code": "AuthFailure.SignatureExpire"}, "Result": "0"},
        {"Error": None, "Result": "0"},
        {},
        "0",
        None,
    ],
)
def test_tencent_clouds_error_is_no_answer_even_with_a_verdict_inside(response):
    with clouds.serving(Tencent.is_signed) as cloud:
        cloud.answer = {"Response": response}
        refused(Tencent.made(cloud))
        cloud.answer = {"Result": "0"}
        refused(Tencent.made(cloud))


@pytest.mark.parametrize(
    "mood",
    [mood for mood in Mood if mood not in (Mood.WELL, Mood.LATE, Mood.SILENT)],
    ids=lambda one: one.name,
)
def test_a_broken_answer_is_none_and_is_asked_for_once(kind, cloud, mood):
    cloud.mood = mood
    refused(kind.made(cloud))
    assert len(cloud.asked) == 1


@pytest.mark.parametrize("mood", [Mood.LATE, Mood.SILENT])
def test_a_yes_that_comes_too_late_is_none(kind, cloud, mood):
    cloud.mood = mood
    began = time.monotonic()
    refused(kind.made(cloud, limits=QUICK))
    assert time.monotonic() - began < QUICK.whole_seconds + SLACK_SECONDS


def test_what_is_asked_stands_in_the_body_alone(kind, cloud):
    check(kind.made(cloud))
    (asked,) = cloud.asked
    assert asked.path == "/"
    around = str(asked.headers)
    assert not any(secret in around for secret in (NAME, ID_NUMBER, MOBILE, KEY.secret))
    told = asked.form() if kind is Aliyun else asked.json()
    assert {NAME, ID_NUMBER, MOBILE} <= set(told.values())


def test_the_operation_is_the_documented_one():
    with clouds.serving(Aliyun.is_signed) as cloud:
        cloud.answer = Aliyun.says("1")
        check(Aliyun.made(cloud))
        asked = cloud.asked[0]
        assert (asked.headers["x-acs-action"], asked.headers["x-acs-version"]) == (
            "Mobile3MetaSimpleVerify",
            "2019-03-07",
        )
        assert asked.form() == {
            "ParamType": "normal",
            "UserName": NAME,
            "IdentifyNum": ID_NUMBER,
            "Mobile": MOBILE,
        }
    with clouds.serving(Tencent.is_signed) as cloud:
        cloud.answer = Tencent.says("0")
        check(Tencent.made(cloud))
        asked = cloud.asked[0]
        assert (asked.headers["x-tc-action"], asked.headers["x-tc-version"]) == (
            "PhoneVerification",
            "2018-03-01",
        )
        assert asked.json() == {"IdCard": ID_NUMBER, "Name": NAME, "Phone": MOBILE}


def test_another_key_and_another_clock_are_refused_by_the_cloud_and_so_no_answer(kind, cloud):
    refused(kind.made(cloud, key=AccessKey(KEY.id, KEY.secret + "x")))
    refused(kind.made(cloud, clock=lambda: datetime.now(UTC) - timedelta(hours=1)))
    assert check(kind.made(cloud)) is Verdict.MATCH


def test_no_two_questions_carry_the_same_number_once():
    with clouds.serving(Aliyun.is_signed) as cloud:
        cloud.answer = Aliyun.says("1")
        carrier = Aliyun.made(cloud)
        check(carrier)
        check(carrier)
        first, second = (asked.headers["x-acs-signature-nonce"] for asked in cloud.asked)
        assert first != second


@pytest.mark.parametrize("mood", list(Mood), ids=lambda one: one.name)
def test_nothing_of_a_person_or_the_key_gets_into_a_log(kind, cloud, mood, caplog):
    caplog.set_level(logging.DEBUG)
    cloud.mood = mood
    for said in (next(iter(kind.codes)), MOBILE, ID_NUMBER, f"no such person: {NAME}"):
        cloud.answer = kind.says(said)
        with contextlib.suppress(Refused):
            check(kind.made(cloud, limits=QUICK))
        if mood in (Mood.LATE, Mood.SILENT):
            break
    logged = caplog.text
    assert not any(one in logged for one in (NAME, ID_NUMBER, MOBILE, KEY.secret))


def test_plain_http_and_our_own_network_only_where_they_are_allowed_by_name(kind, cloud):
    with pytest.raises(Refused) as caught:
        kind.made(cloud, allowed_hosts=())
    assert caught.value.problem is Problem.CONFIG_INSECURE
    cloud.url = cloud.url.replace("http:", "https:")
    refused(kind.made(cloud, allowed_hosts=(), limits=QUICK))
    assert cloud.asked == []


def test_it_is_never_asked_inside_a_transaction(kind, cloud, monkeypatch):
    monkeypatch.setattr(scope, "is_open", lambda: True)
    with pytest.raises(RuntimeError, match="transaction"):
        check(kind.made(cloud))
    assert cloud.asked == []


def test_the_setting_chooses_the_cloud(kind, cloud):
    config = settings.current()
    keys = {"aliyun_key": KEY} if kind is Aliyun else {"tencent_key": KEY}
    made = dataclasses.replace(config.clouds, realname_url=cloud.url, allowed_hosts=LOCAL, **keys)
    driver = kind.__name__.lower()
    carrier = realname.chosen(dataclasses.replace(config, realname_driver=driver, clouds=made))
    assert carrier.name == driver
    assert check(carrier) is Verdict.MATCH


@pytest.mark.parametrize("driver", ["none", "aliyun", "tencent"])
def test_where_nobody_is_connected_nobody_is_believed(driver):
    with pytest.raises(Refused) as caught:
        realname.chosen(dataclasses.replace(settings.current(), realname_driver=driver))
    assert caught.value.problem is SILENCE
