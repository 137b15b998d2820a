"""Handing short messages to a cloud: only its plain yes is one, over real sockets and checked signatures."""

import contextlib
import dataclasses
import json
import logging
import time

import pytest

from tests.server.adapters import clouds
from tests.server.adapters.clouds import KEY, LOCAL, Cloud, Mood
from yunqian.problems import Problem, Refused
from yunqian.server import scope, settings
from yunqian.server.adapters import sms
from yunqian.server.adapters.acs3 import AlibabaCloud
from yunqian.server.adapters.exchange import Limits
from yunqian.server.adapters.sms.aliyun import AliyunSms
from yunqian.server.adapters.sms.port import Sms, Template
from yunqian.server.adapters.sms.tencent import Approved, TencentSms
from yunqian.server.adapters.tc3 import TencentCloud

pytestmark = pytest.mark.usefixtures("no_database")
MOBILE, CODE = "13800131234", "604821"
PARAMS = {"minutes": "10", "code": CODE}
TEMPLATES = {"code": "SMS_1", "invitation": "SMS_2", "addressed": "SMS_3"}
QUICK = Limits(connect_seconds=1.0, whole_seconds=0.5)
SLACK_SECONDS = 5.0
SILENCE = Problem.SMS_UNAVAILABLE


class Aliyun:
    """How Alibaba Cloud says things."""

    is_signed = staticmethod(clouds.is_signed_acs3)
    strange = ("isv.BUSINESS_LIMIT_CONTROL", "isv.MOBILE_NUMBER_ILLEGAL", "ok", "Ok", "", "OK ", None, True)

    @staticmethod
    def says(code: object) -> object:
        return {"Code": code, "Message": "OK", "BizId": "9006", "RequestId": "R"}

    @staticmethod
    def made(cloud: Cloud, **more) -> Sms:
        asked = AlibabaCloud(cloud.url, **{"key": KEY, "silence": SILENCE, "allowed_hosts": LOCAL, **more})
        return AliyunSms(asked, signature="云签", templates=TEMPLATES)


class Tencent:
    """How Tencent Cloud says things."""

    is_signed = staticmethod(clouds.is_signed_tc3)
    strange = ("FailedOperation.PhoneNumberInBlacklist", "LimitExceeded.X", "OK", "ok", "", None, 0)

    @staticmethod
    def says(code: object, number: str = f"+86{MOBILE}") -> object:
        status = {"SerialNo": "5000", "PhoneNumber": number, "Fee": 1, "Code": code, "Message": "…"}
        return {"Response": {"SendStatusSet": [status], "RequestId": "R"}}

    @staticmethod
    def made(cloud: Cloud, **more) -> Sms:
        asked = TencentCloud(cloud.url, **{"key": KEY, "silence": SILENCE, "allowed_hosts": LOCAL, **more})
        return TencentSms(asked, Approved(app="1400006666", signature="云签", templates=TEMPLATES))


YES = {Aliyun: "OK", Tencent: "Ok"}


@pytest.fixture(params=[Aliyun, Tencent])
def kind(request):
    return request.param


@pytest.fixture
def cloud(kind):
    with clouds.serving(kind.is_signed) as served:
        served.answer = kind.says(YES[kind])
        yield served


def send(by: Sms, key: str = "a message") -> None:
    by.send(MOBILE, Template.CODE, PARAMS, idempotency=key)


def refused(by: Sms) -> None:
    with pytest.raises(Refused) as caught:
        send(by)
    assert caught.value.problem is SILENCE
    assert caught.value.facts == {}


def test_a_plain_yes_is_one(kind, cloud):
    send(kind.made(cloud))
    assert len(cloud.asked) == 1


def test_everything_else_that_is_said_is_a_refusal(kind, cloud):
    for code in kind.strange:
        cloud.answer = kind.says(code)
        refused(kind.made(cloud))


@pytest.mark.parametrize(
    "response",
    [
        {"Error": {"Code": "AuthFailure.SecretIdNotFound"}},
        {"SendStatusSet": []},
        {"SendStatusSet": ["Ok"]},
        {"SendStatusSet": "Ok"},
        {},
        None,
    ],
)
def test_tencent_clouds_yes_must_be_one_status(response):
    with clouds.serving(Tencent.is_signed) as cloud:
        cloud.answer = {"Response": response}
        refused(Tencent.made(cloud))


def test_tencent_clouds_yes_must_be_of_this_number_and_without_an_error():
    with clouds.serving(Tencent.is_signed) as cloud:
        cloud.answer = Tencent.says("Ok", number="+8613900000000")
        refused(Tencent.made(cloud))
        well = Tencent.says("Ok")["Response"]
        for response in ({**well, "Error": {}}, {"SendStatusSet": well["SendStatusSet"] * 2}):
            cloud.answer = {"Response": response}
            refused(Tencent.made(cloud))


@pytest.mark.parametrize(
    "mood",
    [mood for mood in Mood if mood not in (Mood.WELL, Mood.LATE, Mood.SILENT)],
    ids=lambda one: one.name,
)
def test_a_broken_answer_is_a_refusal_and_nothing_is_sent_again(kind, cloud, mood):
    cloud.mood = mood
    refused(kind.made(cloud))
    assert len(cloud.asked) == 1


@pytest.mark.parametrize("mood", [Mood.LATE, Mood.SILENT])
def test_a_yes_that_comes_too_late_is_a_refusal(kind, cloud, mood):
    cloud.mood = mood
    began = time.monotonic()
    refused(kind.made(cloud, limits=QUICK))
    assert time.monotonic() - began < QUICK.whole_seconds + SLACK_SECONDS


def test_alibaba_cloud_is_told_the_parameters_by_their_names():
    with clouds.serving(Aliyun.is_signed) as cloud:
        cloud.answer = Aliyun.says("OK")
        send(Aliyun.made(cloud))
        asked = cloud.asked[0]
        assert (asked.headers["x-acs-action"], asked.headers["x-acs-version"]) == ("SendSms", "2017-05-25")
        told = asked.form()
        assert json.loads(told.pop("TemplateParam")) == PARAMS
        assert len(told.pop("OutId")) == 32
        assert told == {"PhoneNumbers": MOBILE, "SignName": "云签", "TemplateCode": "SMS_1"}


def test_tencent_cloud_is_told_the_parameters_in_the_order_of_the_wording():
    with clouds.serving(Tencent.is_signed) as cloud:
        cloud.answer = Tencent.says("Ok")
        by = Tencent.made(cloud)
        send(by)
        shown = {"title": "采购合同", "tenant": "云签科技", "link": "https://sign.example/inbox"}
        by.send(MOBILE, Template.ADDRESSED, shown, idempotency="another")
        first, second = (asked.json() for asked in cloud.asked)
        assert first["TemplateParamSet"] == [CODE, "10"]
        assert second["TemplateParamSet"] == ["云签科技", "采购合同", "https://sign.example/inbox"]
        assert (first["PhoneNumberSet"], first["SmsSdkAppId"]) == ([f"+86{MOBILE}"], "1400006666")
        assert (first["TemplateId"], second["TemplateId"]) == ("SMS_1", "SMS_3")
        asked = cloud.asked[0]
        assert (asked.headers["x-tc-action"], asked.headers["x-tc-version"]) == ("SendSms", "2021-01-11")
        assert asked.headers["x-tc-region"] == "ap-guangzhou"


def test_the_name_of_a_message_goes_along_as_a_digest_that_stays_the_same(kind, cloud):
    by = kind.made(cloud)
    for key in ("one", "one", "two"):
        send(by, key)
    names = [
        asked.form()["OutId"] if kind is Aliyun else asked.json()["SessionContext"] for asked in cloud.asked
    ]
    assert names[0] == names[1] != names[2]
    assert "one" not in names[0]


@pytest.mark.parametrize("mood", list(Mood), ids=lambda one: one.name)
def test_no_number_code_or_key_gets_into_a_log(kind, cloud, mood, caplog):
    caplog.set_level(logging.DEBUG)
    cloud.mood = mood
    for said in (YES[kind], f"+86{MOBILE}", CODE):
        cloud.answer = kind.says(said)
        with contextlib.suppress(Refused):
            send(kind.made(cloud, limits=QUICK))
        if mood in (Mood.LATE, Mood.SILENT):
            break
    assert not any(one in caplog.text for one in (MOBILE, CODE, KEY.secret))


def test_it_is_never_asked_inside_a_transaction(kind, cloud, monkeypatch):
    monkeypatch.setattr(scope, "is_open", lambda: True)
    with pytest.raises(RuntimeError, match="transaction"):
        send(kind.made(cloud))
    assert cloud.asked == []


def test_the_setting_chooses_the_cloud(kind, cloud):
    config = settings.current()
    keys = {"aliyun_key": KEY} if kind is Aliyun else {"tencent_key": KEY}
    more = {"sms_signature": "云签", "sms_templates": TEMPLATES, "sms_app": "1400006666"}
    made = dataclasses.replace(config.clouds, sms_url=cloud.url, allowed_hosts=LOCAL, **keys, **more)
    driver = kind.__name__.lower()
    by = sms.chosen(dataclasses.replace(config, sms_driver=driver, clouds=made))
    assert by.name == driver
    send(by)
    assert len(cloud.asked) == 1


@pytest.mark.parametrize("driver", ["none", "aliyun", "tencent"])
def test_where_nobody_is_connected_nothing_is_sent(driver):
    with pytest.raises(Refused) as caught:
        sms.chosen(dataclasses.replace(settings.current(), sms_driver=driver))
    assert caught.value.problem is SILENCE
