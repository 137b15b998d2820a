"""Signatures of the clouds' requests, by the examples that the clouds have published."""

import hashlib
from datetime import UTC, datetime

import pytest

from yunqian.server.adapters import acs3, tc3
from yunqian.server.settings.clouds import AccessKey

pytestmark = pytest.mark.usefixtures("no_database")


def test_alibaba_clouds_published_example_is_signed_as_published():
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    query = "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai"
    key = AccessKey("YourAccessKeyId", "YourAccessKeySecret")
    assert acs3.authorization(headers, key, query=query) == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,"
        "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_tencent_clouds_published_example_is_signed_as_published():
    headers = {
        "content-type": "application/json; charset=utf-8",
        "host": "cvm.tencentcloudapi.com",
        "x-tc-action": "DescribeInstances",
    }
    body = rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
    key = AccessKey("AKID" + "*" * 32, "*" * 32)
    at = datetime.fromtimestamp(1551113065, UTC)
    assert tc3.authorization(headers, body, key, service="cvm", at=at) == (
        f"TC3-HMAC-SHA256 Credential=AKID{'*' * 32}/2019-02-25/cvm/tc3_request, "
        "SignedHeaders=content-type;host;x-tc-action, "
        "Signature=10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f"
    )
