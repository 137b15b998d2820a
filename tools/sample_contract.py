"""Make the sample contract that the demo gives a newcomer: a development tool, run by hand when its text changes.

    python tools/sample_contract.py FOLDER

FOLDER is the unpacked npm package @fontsource/noto-serif-sc (SIL Open Font License 1.1). Four A4 pages in Chinese,
set by Chromium (through Playwright), with the used glyphs embedded as TrueType. The document says on every page
that it is a sample; its two parties are the demo's two organizations. The times and the random identifier that
Chromium writes are taken out, so that the same programs give the same bytes.
"""

import base64
import io
import shutil
import sys
from pathlib import Path

import pikepdf
from playwright.sync_api import sync_playwright

TARGET = (
    Path(__file__).resolve().parent.parent / "yunqian" / "server" / "console" / "samples" / "采购合同.pdf"
)
TITLE = "采购合同（演示样本）"
BUYER = "某市公共资源交易中心"
SELLER = "广东示例科技有限公司"
PAGES = 4

STYLE = """
@page { size: 210mm 297mm; margin: 0 }
* { box-sizing: border-box }
body { margin: 0; font-family: Contract; font-size: 11.5pt; line-height: 1.78; color: #111 }
section { position: relative; width: 210mm; height: 297mm; padding: 27mm 26mm 24mm; break-after: page;
          overflow: hidden }
section:last-child { break-after: auto }
header, footer { position: absolute; left: 26mm; right: 26mm; font-size: 9pt; color: #666; display: flex;
                 justify-content: space-between }
header { top: 15mm; border-bottom: 0.3mm solid #999; padding-bottom: 1.5mm }
footer { bottom: 13mm; justify-content: center }
h1 { font-size: 24pt; text-align: center; letter-spacing: 0.4em; text-indent: 0.4em; margin: 4mm 0 7mm }
h2 { font-size: 12.5pt; margin: 4mm 0 1mm; break-after: avoid }
p { margin: 0; text-align: justify; text-indent: 2em }
p.plain { text-indent: 0 }
table { width: 100%; border-collapse: collapse; margin: 2mm 0 3mm; font-size: 10.5pt; line-height: 1.6 }
th, td { border: 0.25mm solid #333; padding: 1.2mm 2mm; text-align: center; font-weight: normal }
th { background: #f0f0f0; font-weight: bold }
td.words { text-align: left } td.sum { text-align: right }
.parties td { border: 0; text-align: left; padding: 0.6mm 0; font-size: 12pt }
.signing { display: flex; gap: 12mm; margin-top: 8mm }
.signing div { flex: 1; height: 92mm; border: 0.25mm solid #999; padding: 5mm }
.signing p { text-indent: 0; margin-bottom: 4mm; text-align: left }
.signing p.below { margin-top: 40mm }
"""

FIRST = f"""
<h1>采购合同</h1>
<table class="parties">
<tr><td>合同编号：YQ-DEMO-CG-001</td><td>签订地点：某市</td></tr>
<tr><td colspan="2">甲方（采购人）：{BUYER}</td></tr>
<tr><td>联系人：王芳</td><td>地址：某市示例区政务路 1 号</td></tr>
<tr><td colspan="2">乙方（供应商）：{SELLER}</td></tr>
<tr><td>联系人：李明</td><td>地址：广东省示例市科技路 88 号</td></tr>
</table>
<p>根据《中华人民共和国民法典》《中华人民共和国政府采购法》《中华人民共和国电子签名法》及有关法律、法规的规定，
甲乙双方遵循平等、自愿、公平和诚实信用的原则，就甲方向乙方采购电子签章设备及相关服务事宜协商一致，订立本合同。</p>
<h2>第一条　采购标的、数量与价款</h2>
<p>乙方按下表向甲方提供全新、未使用过的原厂正品货物及服务：</p>
<table>
<tr><th>序号</th><th>名称</th><th>规格型号</th><th>单位</th><th>数量</th><th>单价（元）</th><th>金额（元）</th></tr>
<tr><td>1</td><td class="words">电子签章一体机</td><td>YQ-S200</td><td>台</td><td>4</td>
<td class="sum">18,600.00</td><td class="sum">74,400.00</td></tr>
<tr><td>2</td><td class="words">智能密码钥匙（USBKey）</td><td>YQ-K10</td><td>支</td><td>120</td>
<td class="sum">145.00</td><td class="sum">17,400.00</td></tr>
<tr><td>3</td><td class="words">高速文档扫描仪</td><td>A4 双面</td><td>台</td><td>6</td>
<td class="sum">4,280.00</td><td class="sum">25,680.00</td></tr>
<tr><td>4</td><td class="words">安装、调试与培训</td><td>现场服务</td><td>项</td><td>1</td>
<td class="sum">12,000.00</td><td class="sum">12,000.00</td></tr>
<tr><td colspan="6">合计（含税，税率 13%）</td><td class="sum">129,480.00</td></tr>
</table>
<p>合同总价款为人民币壹拾贰万玖仟肆佰捌拾元整（¥129,480.00）。该价款包括货物、包装、运输、保险、安装、调试、
培训、税费以及质量保证期内服务的全部费用；合同履行期间价格不作调整。</p>
"""

SECOND = """
<h2>第二条　质量标准</h2>
<p>货物应当符合国家标准、行业标准以及甲方采购文件载明的技术要求；标准不一致的，按要求较高者执行。
智能密码钥匙应当支持双方约定的密码算法，私钥在密钥介质内生成，不得导出。</p>
<p>乙方应当随货提供产品合格证、使用说明书、保修凭证及检测报告的复印件，进口部件应当提供合法来源证明。</p>
<h2>第三条　交付</h2>
<p>乙方应当自本合同生效之日起 15 个工作日内，将货物运至甲方指定地点：某市示例区政务路 1 号二楼设备间。
乙方应当在交付前 3 个工作日将到货时间通知甲方联系人。</p>
<p>货物的包装应当适合长途运输，并能防潮、防震、防锈。因包装不良造成的毁损，由乙方承担责任。
货物毁损、灭失的风险，自甲方验收合格并签署验收单之时起由甲方承担。</p>
<h2>第四条　安装、培训与验收</h2>
<p>货物到达后，双方当场清点数量，检查外观，并签署到货清单。乙方应当自到货之日起 5 个工作日内完成安装和调试，
对甲方不少于 10 名操作人员进行不少于 8 学时的培训。</p>
<p>安装调试完成并连续正常运行 7 日后，甲方应当在 5 个工作日内组织验收。验收合格的，双方签署验收单；
验收不合格的，甲方应当书面说明理由，乙方应当在 10 个工作日内更换或者修复，并承担由此产生的费用。
甲方逾期未组织验收且未提出书面异议的，视为验收合格。</p>
<h2>第五条　价款支付</h2>
<p>（一）本合同生效后 10 个工作日内，甲方支付合同总价款的 30%，即人民币 38,844.00 元；</p>
<p>（二）验收合格后 10 个工作日内，甲方支付合同总价款的 65%，即人民币 84,162.00 元；</p>
<p>（三）质量保证期满且无未决质量问题的，甲方在 10 个工作日内支付合同总价款的 5%，即人民币 6,474.00 元。</p>
<p>每次付款前，乙方应当向甲方开具等额的合法有效发票；乙方未开具发票的，甲方有权顺延付款而不承担违约责任。</p>
"""

THIRD = """
<h2>第六条　质量保证与售后服务</h2>
<p>质量保证期为 36 个月，自验收合格之日起计算。质量保证期内，非因甲方使用不当造成的故障，由乙方免费维修或者更换；
同一货物经两次维修仍不能正常使用的，乙方应当更换同型号或者性能不低于原型号的新货物。</p>
<p>乙方提供 7×24 小时电话支持；接到报修后 2 小时内响应，8 小时内到达现场，24 小时内排除故障。
不能按时排除的，乙方应当提供备用设备，直至故障排除。</p>
<h2>第七条　知识产权与保密</h2>
<p>乙方保证其提供的货物、软件和服务不侵犯任何第三方的知识产权；第三方提出主张的，由乙方负责处理并承担全部费用。</p>
<p>双方对在履行本合同过程中知悉的对方商业秘密、工作秘密、个人信息和数据负有保密义务，未经对方书面同意，
不得向第三方披露，也不得用于本合同以外的目的。保密义务不因本合同的终止而终止。</p>
<h2>第八条　违约责任</h2>
<p>乙方逾期交付的，每逾期一日，应当按逾期交付部分价款的千分之一向甲方支付违约金；逾期超过 30 日的，
甲方有权解除合同，并要求乙方赔偿损失。甲方逾期付款的，每逾期一日，应当按逾期付款金额的千分之一向乙方支付违约金。
违约金总额不超过合同总价款的 10%。</p>
<p>一方违反本合同其他约定的，应当在收到对方通知之日起 10 日内改正；未改正的，应当赔偿对方因此遭受的实际损失。</p>
<h2>第九条　不可抗力</h2>
<p>因不可抗力不能履行合同的，根据不可抗力的影响，部分或者全部免除责任。遭受不可抗力的一方应当及时通知对方，
并在合理期限内提供证明。不可抗力持续超过 60 日的，任何一方均可以解除合同，已经履行的部分据实结算。</p>
<h2>第十条　合同的变更、转让与解除</h2>
<p>本合同的变更应当由双方协商一致，并以书面形式作出。未经甲方书面同意，乙方不得将本合同的权利义务转让给第三方，
也不得将主要部分分包。</p>
"""

FOURTH = f"""
<h2>第十一条　争议解决</h2>
<p>因本合同发生的争议，双方应当协商解决；协商不成的，任何一方可以向甲方所在地有管辖权的人民法院提起诉讼。</p>
<h2>第十二条　电子签署与合同生效</h2>
<p>双方同意以可靠的电子签名方式签署本合同。双方使用各自持有的数字证书加盖的电子印章，与手写签名或者实物印章具有
同等的法律效力。本合同的电子文本自双方均完成电子签署之时起生效，任何一方均可以验证其签署人、签署时间和内容的完整性。</p>
<p>采购文件、响应文件、到货清单和验收单是本合同的组成部分，与本合同具有同等效力。</p>
<p class="plain">（以下无正文，为签署栏）</p>
<div class="signing">
<div><p>甲方（盖章）：<br>{BUYER}</p><p class="below">授权代表（签字）：</p><p>日期：</p></div>
<div><p>乙方（盖章）：<br>{SELLER}</p><p class="below">授权代表（签字）：</p><p>日期：</p></div>
</div>
"""


def page_of(number: int, body: str) -> str:
    return (
        f"<section><header><span>采购合同　YQ-DEMO-CG-001</span><span>演示样本，没有法律效力</span></header>"
        f"{body}<footer>第 {number} 页　共 {PAGES} 页</footer></section>"
    )


def font_face(folder: Path, weight: int) -> str:
    encoded = (folder / "files" / f"noto-serif-sc-chinese-simplified-{weight}-normal.woff2").read_bytes()
    source = f"url(data:font/woff2;base64,{base64.b64encode(encoded).decode()})"
    return f"@font-face {{ font-family: Contract; font-weight: {weight}; src: {source} }}"


def markup(folder: Path) -> str:
    pages = "".join(page_of(n, body) for n, body in enumerate((FIRST, SECOND, THIRD, FOURTH), start=1))
    # A line break inside Chinese text would show as a space.
    text = pages.replace("\n", "")
    style = font_face(folder, 400) + font_face(folder, 700) + STYLE
    return f"<!doctype html><html lang=zh-CN><meta charset=utf-8><title>{TITLE}</title><style>{style}</style>{text}"


def printed(html: str) -> bytes:
    """The pages as Chromium sets them. Fails when a page's text runs over its foot."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.set_content(html)
        page.evaluate("document.fonts.ready")
        over = page.evaluate(
            "[...document.querySelectorAll('section')].filter(s => s.lastElementChild.getBoundingClientRect().top"
            " < s.children[s.children.length - 2].getBoundingClientRect().bottom).length"
        )
        if over:
            raise SystemExit(f"{over} pages run over their foot")
        made = page.pdf(prefer_css_page_size=True, print_background=True, tagged=False)
        browser.close()
    return made


def lasting(made: bytes) -> bytes:
    """The same document without times and random identifiers."""
    with pikepdf.open(io.BytesIO(made)) as pdf:
        if len(pdf.pages) != PAGES:
            raise SystemExit(f"{len(pdf.pages)} pages, not {PAGES}")
        for name in list(pdf.docinfo.keys()):
            del pdf.docinfo[name]
        pdf.docinfo["/Title"] = TITLE
        out = io.BytesIO()
        pdf.save(
            out,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            recompress_flate=True,
        )
    return out.getvalue()


def main(folder: Path) -> None:
    document = lasting(printed(markup(folder)))
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_bytes(document)
    print(f"{TARGET.name}: {len(document):,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
