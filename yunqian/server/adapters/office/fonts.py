"""Which fonts stand in for those that Chinese documents name and this machine may lack (fontconfig, fonts.conf(5)).

Without this every one of them falls to one sans-serif font, and often to Japanese or Traditional forms. A font that is
installed under its own name always comes first.
"""

from pathlib import Path
from xml.sax.saxutils import escape

_SERIF = ("Source Han Serif SC", "Noto Serif CJK SC", "Noto Serif SC", "AR PL UMing CN")
_SANS = ("Source Han Sans SC", "Noto Sans CJK SC", "Noto Sans SC", "WenQuanYi Zen Hei")
_KAI = ("LXGW WenKai", "AR PL UKai CN", *_SERIF)
_FANGSONG = ("FangSong_GB2312", "FangSong", "Zhuque Fangsong (technical preview)", *_SERIF)
STAND_INS: dict[tuple[str, ...], tuple[str, ...]] = {
    (
        "宋体",
        "SimSun",
        "NSimSun",
        "新宋体",
        "STSong",
        "华文宋体",
        "华文中宋",
        "STZhongsong",
        "Songti SC",
    ): _SERIF,
    ("方正小标宋简体", "方正小标宋_GBK", "FZXiaoBiaoSong-B05S", "方正书宋_GBK", "思源宋体", "serif"): _SERIF,
    (
        "黑体",
        "SimHei",
        "微软雅黑",
        "Microsoft YaHei",
        "等线",
        "DengXian",
        "STHeiti",
        "华文细黑",
        "华文黑体",
    ): _SANS,
    (
        "方正黑体_GBK",
        "PingFang SC",
        "苹方",
        "思源黑体",
        "幼圆",
        "YouYuan",
        "隶书",
        "LiSu",
        "sans-serif",
    ): _SANS,
    ("楷体", "KaiTi", "楷体_GB2312", "KaiTi_GB2312", "STKaiti", "华文楷体", "方正楷体_GBK"): _KAI,
    (
        "仿宋",
        "FangSong",
        "仿宋_GB2312",
        "FangSong_GB2312",
        "STFangsong",
        "华文仿宋",
        "方正仿宋_GBK",
    ): _FANGSONG,
}


def written(cache: Path) -> str:
    """A configuration of fontconfig: the machine's own, these stand-ins before it, caches in `cache`."""
    aliases = "".join(_alias(name, others) for names, others in STAND_INS.items() for name in names)
    return (
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"{aliases}<dir>/usr/share/fonts</dir>"
        '<include ignore_missing="yes">/etc/fonts/conf.d</include>'
        f"<cachedir>/var/cache/fontconfig</cachedir><cachedir>{escape(str(cache))}</cachedir></fontconfig>"
    )


def _alias(name: str, others: tuple[str, ...]) -> str:
    listed = "".join(f"<family>{escape(other)}</family>" for other in others if other != name)
    return f'<alias binding="same"><family>{escape(name)}</family><accept>{listed}</accept></alias>'
