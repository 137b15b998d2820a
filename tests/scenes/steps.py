"""The steps of the platform's manual, as steps of the scenes.

Chapter numbers follow the manual (4.1 to 6.3); the last number is the step. A scene says which step it is at:

    with step(desk, "4.1.2", picture="start"):
        ...

`docs/manual/steps.md` is made from these calls and this list (tools/manual_steps.py), and a house test finds every
step without a scene.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.scenes.conftest import Desk

STEPS = {
    "4.1.1": "发起流程",
    "4.1.2": "上传文件",
    "4.1.3": "指定完成人为自己",
    "4.1.4": "收到自己发起的任务",
    "4.1.5": "开始盖章",
    "4.1.6": "完成后查看结果",
    "4.2.1": "发起流程",
    "4.2.2": "上传文件",
    "4.2.3": "指定完成人为目标用户",
    "4.2.4": "目标用户登录，收到任务",
    "4.2.5": "目标用户盖章",
    "4.2.6": "完成后查看盖章情况",
    "4.3.1": "两把 USBKey 同时插在电脑上",
    "4.3.2": "安全客户端识别两把 Key",
    "4.3.3": "登录并打开盖章面板",
    "4.3.4": "选择签名章的证书和印章外观",
    "4.3.5": "拖动签名章到合适的位置",
    "4.3.6": "放置日期并拖动",
    "4.3.7": "点“更换”",
    "4.3.8": "选择公章 Key 的证书和公章",
    "4.3.9": "点“电子盖章”盖公章",
    "4.3.10": "点“骑缝章”盖骑缝章",
    "4.3.11": "点“保存并签名”",
    "4.3.12": "逐一输入两把 Key 的口令",
    "4.3.13": "完成操作",
    "5.1.1": "打开盖章文件，查看内容",
    "5.1.2": "查看文上已有的签名",
    "5.2.1": "打开印章选择面板",
    "5.2.2": "选择证书和印章",
    "5.2.3": "拖动印章，确认位置",
    "5.2.4": "放置日期",
    "5.2.5": "保存并签名，输入口令",
    "5.2.6": "完成，返回列表",
    "5.3.1": "打开印章选择面板",
    "5.3.2": "选择证书和印章",
    "5.3.3": "确认位置，放置印章",
    "5.3.4": "放置日期",
    "5.3.5": "点“骑缝章”，不必再选证书和印章",
    "5.3.6": "放置骑缝章",
    "5.3.7": "保存并签名，输入口令",
    "5.3.8": "完成，返回列表",
    "6.1.1": "没有发起权限的人看不到发起，也不能发起",
    "6.1.2": "管理员授权以后可以发起",
    "6.2.1": "自己上传的，完成后可以继续发给别人",
    "6.2.2": "别人发来的，不可以继续发给别人",
    "6.3.1": "发起人可以下载",
    "6.3.2": "不是发起人的不能下载，并说明原因",
}


@contextmanager
def step(desk: "Desk", number: str, *, picture: str | None = None) -> Iterator[None]:
    """One step of the manual; where it ends, the manual's picture of it is taken."""
    assert number in STEPS, f"the manual has no step {number}"
    try:
        yield
    except AssertionError as error:
        error.add_note(f"at step {number} of the manual: {STEPS[number]}")
        raise
    if picture:
        desk.picture(picture)
