"""Every refusal the product can give: one table, shared by server, security client, engine and browser.

A refusal is raised as `Refused(Problem.X, **facts)`. The facts are exactly the names the texts use, so a
machine reads `code` and `facts`, a person reads the text in zh or en, and both see the same thing.
"""

import re
from dataclasses import dataclass
from enum import Enum, StrEnum


class Fault(StrEnum):
    """Whose doing it is; decides the colour on the screen and who is told."""

    PERSON = "person"  # the person can put it right
    RIGHTS = "rights"  # a rule forbids it
    STATE = "state"  # the thing has moved on
    KEY = "key"  # the key or its client
    OUTSIDE = "outside"  # a service we depend on
    PLATFORM = "platform"  # our own defect or configuration


@dataclass(frozen=True, slots=True)
class Row:
    """One problem: HTTP status, fault, whether the same request may succeed later, texts in zh and en."""

    status: int
    fault: Fault
    is_retriable: bool
    zh: str
    en: str

    @property
    def facts(self) -> frozenset[str]:
        """The names both texts are built from."""
        return frozenset(re.findall(r"{(\w+)}", self.zh + self.en))


def _row(status: int, fault: Fault, zh: str, en: str, *, retry: bool = False) -> Row:
    return Row(status, fault, retry, zh, en)


class Problem(Enum):
    """The refusals. The name is the code; codes are never renamed once released."""

    # Who is asking
    LOGIN_REQUIRED = _row(401, Fault.PERSON, "请先登录。", "Please log in first.")
    LOGIN_INCORRECT = _row(
        401, Fault.PERSON, "账号或密码不正确。", "The account or the password is not correct."
    )
    SESSION_NOT_FOUND = _row(
        404, Fault.PERSON, "没有这个登录，或已经退出。", "There is no such session, or it has ended already."
    )
    LOGIN_CHALLENGE_OVER = _row(
        409,
        Fault.STATE,
        "这次证书登录已过期、已用过，或不是在这个浏览器里开始的，请重新登录。",
        "This login by certificate is over, was used, or did not begin in this browser; log in again.",
    )
    LOGIN_CERTIFICATE_UNBOUND = _row(
        403,
        Fault.RIGHTS,
        "这张证书没有绑定到可以登录的账号。请换一把 Key，或用密码登录后申请绑定。",
        "This certificate is bound to no account that may log in. Use another key, or log in by password and apply for "
        "the binding.",
    )
    LOGIN_PAUSED = _row(
        429,
        Fault.PERSON,
        "尝试次数过多，请在 {minutes} 分钟后再试。",
        "Too many attempts; try again in {minutes} minutes.",
        retry=True,
    )
    ORIGIN_NOT_ALLOWED = _row(
        403,
        Fault.RIGHTS,
        "该网页来源不被允许访问。",
        "This page's origin is not allowed to ask.",
    )
    TENANT_NOT_FOUND = _row(404, Fault.PERSON, "没有找到该单位。", "No such organization was found.")
    MEMBER_SUSPENDED = _row(
        403,
        Fault.RIGHTS,
        "您在该单位的成员身份已停用，请联系单位管理员。",
        "Your membership in this organization is suspended; ask its administrator.",
    )
    TENANT_SUSPENDED = _row(
        403,
        Fault.RIGHTS,
        "{tenant}的服务已被平台停用，请单位管理员联系平台运营方。",
        "The platform has suspended {tenant}; its administrator should ask the platform's operator.",
    )

    # Who a person is
    PERSON_NAME_INVALID = _row(
        422,
        Fault.PERSON,
        "姓名须与证件一致：2 至 50 个字，不含数字和特殊符号，间隔号用“·”。",
        "The name must be as in the papers: 2 to 50 characters, no digits or signs, a middle dot as “·”.",
    )
    ORGANIZATION_NAME_INVALID = _row(
        422,
        Fault.PERSON,
        "单位名称须与登记证照一致：2 至 100 个字，不含表情和控制字符。",
        "The organization's name must be as registered: 2 to 100 characters, without emoji or control characters.",
    )
    ID_NUMBER_INVALID = _row(
        422,
        Fault.PERSON,
        "身份证号码不正确，请核对 18 位号码（最后一位可为 X）。",
        "The ID number is not correct; check its 18 characters (the last may be X).",
    )
    MOBILE_INVALID = _row(
        422,
        Fault.PERSON,
        "手机号不正确，请输入 11 位中国大陆手机号。",
        "The mobile number is not correct; enter the 11 digits of a mainland China number.",
    )
    USCC_INVALID = _row(
        422,
        Fault.PERSON,
        "统一社会信用代码不正确，请对照营业执照核对 18 位代码。",
        "The unified social credit code is not correct; compare its 18 characters with the licence.",
    )
    PHONE_CODE_WRONG = _row(
        401,
        Fault.PERSON,
        "验证码不正确、已过期、已用过，或不是在这个浏览器里为此事获取的；可重新获取。",
        "The code is wrong, over, used, or was not asked for in this browser for this purpose; ask for a new one.",
    )
    PHONE_CODES_TOO_MANY = _row(
        429,
        Fault.PERSON,
        "获取验证码太频繁，请 {seconds} 秒后再试。",
        "Codes were asked for too often; try again in {seconds} seconds.",
        retry=True,
    )
    PHONE_NOT_PROVED = _row(
        409,
        Fault.STATE,
        "请先用短信验证码验证手机号；验证后 15 分钟内有效。",
        "Prove the mobile number with a code first; the proof lasts 15 minutes.",
    )
    PHONE_NOT_REGISTERED = _row(
        409,
        Fault.PERSON,
        "该手机号还没有实名注册，请先注册。",
        "This mobile number is not registered yet; register first.",
    )
    IDENTITY_MISMATCH = _row(
        422,
        Fault.PERSON,
        "运营商核验未通过：姓名、身份证号与手机号的机主不一致，请核对，或改用本人实名的手机号。",
        "The carrier says that name, ID number and mobile do not belong together; check them, or use your own number.",
    )
    IDENTITY_NO_RECORD = _row(
        422,
        Fault.PERSON,
        "运营商没有查到该手机号的实名记录，请到营业厅完成实名或换一个号码。",
        "The carrier has no real-name record of this number; register it with the carrier or use another one.",
    )
    IDENTITY_CHECKS_TOO_MANY = _row(
        429,
        Fault.PERSON,
        "今天的实名核验次数已用完，请明天再试。",
        "Today's real-name checks are used up; try again tomorrow.",
    )
    PERSONAL_ABSENT = _row(
        404,
        Fault.STATE,
        "该成员还没有登记此项信息。",
        "This member has not given this yet.",
    )
    STEP_UP_REQUIRED = _row(
        403,
        Fault.PERSON,
        "此操作需要再次确认是您本人：请用密码、短信验证码或证书验证。",
        "This asks for a fresh proof that it is you: by password, code or certificate.",
    )
    PASSWORD_WEAK = _row(
        422,
        Fault.PERSON,
        "密码太容易被猜到：至少 10 个字符，不要用常见密码、纯数字或自己的账号。",
        "The password is too easy to guess: 10 characters or more, no common one, not only digits, not your account.",
    )

    REALNAME_UNAVAILABLE = _row(
        503,
        Fault.OUTSIDE,
        "运营商实名核验暂时不可用，没有改变任何内容，请稍后再试。",
        "The carrier's real-name check cannot be reached just now; nothing was changed, try again later.",
        retry=True,
    )
    SMS_UNAVAILABLE = _row(
        503,
        Fault.OUTSIDE,
        "短信暂时发不出去，请稍后再试，或改用其他登录方式。",
        "Short messages cannot be sent just now; try again later, or log in another way.",
        retry=True,
    )

    MAIL_UNAVAILABLE = _row(
        503,
        Fault.OUTSIDE,
        "邮件暂时发不出去，请稍后再试。",
        "Mail cannot be sent just now; try again later.",
        retry=True,
    )
    MAIL_REFUSED = _row(
        422,
        Fault.PERSON,
        "对方的邮件服务器拒收，请核对邮箱地址。",
        "The mail server refuses this address; check it.",
    )
    MAIL_ADDRESS_INVALID = _row(
        422, Fault.PERSON, "邮箱地址不正确，请核对。", "This is no address for mail; check it."
    )
    MAIL_CODE_WRONG = _row(
        401,
        Fault.PERSON,
        "邮箱验证码不正确、已过期或已用过；可重新获取。",
        "The code is wrong, over, or used; ask for a new one.",
    )
    MAIL_CODES_TOO_MANY = _row(
        429,
        Fault.PERSON,
        "获取邮箱验证码太频繁，请 {seconds} 秒后再试。",
        "Codes were asked for too often; try again in {seconds} seconds.",
        retry=True,
    )

    RECIPIENT_NAME_MISMATCH = _row(
        422,
        Fault.PERSON,
        "手机号 {mobile} 实名的姓名与您填写的不一致，请核对后再发。",
        "The number {mobile} is registered under another name than the one you gave; check both.",
    )

    # Whether an organization is what it says
    TENANT_NOT_VERIFIED = _row(
        403,
        Fault.STATE,
        "{tenant}还没有通过企业认证，不能使用单位印章；请单位管理员先完成认证。",
        "{tenant} is not verified yet, so its seals cannot be used; its administrator must have it verified first.",
    )
    COMPANY_MISMATCH = _row(
        422,
        Fault.PERSON,
        "登记信息不一致：请对照营业执照核对单位名称、统一社会信用代码和法定代表人。",
        "The register says otherwise: compare name, code and legal representative with the licence.",
    )
    COMPANY_NOT_ACTIVE = _row(
        422,
        Fault.PERSON,
        "该单位在登记机关的状态不是存续（可能已注销或吊销），不能通过认证。",
        "The register does not list this organization as active, so it cannot be verified.",
    )
    COMPANY_CHECKS_TOO_MANY = _row(
        429,
        Fault.PERSON,
        "今天的企业认证次数已用完，请明天再试。",
        "Today's checks of the organization are used up; try again tomorrow.",
    )
    COMPANY_TAKEN = _row(
        409,
        Fault.STATE,
        "该统一社会信用代码已在平台上由另一家租户认证，请联系平台运营方。",
        "Another organization on the platform was verified with this code; ask the platform's operator.",
    )
    COMPANY_VERIFIED_ALREADY = _row(
        409,
        Fault.STATE,
        "本单位已通过认证；如登记信息有变，请联系平台运营方。",
        "This organization is verified already; tell the platform's operator if its registration has changed.",
    )
    REGISTER_UNAVAILABLE = _row(
        503,
        Fault.OUTSIDE,
        "工商登记查询暂时不可用，没有改变任何内容，请稍后再试。",
        "The company register cannot be asked just now; nothing was changed, try again later.",
        retry=True,
    )

    # Members and their rights
    MEMBERS_NOT_GRANTED = _row(
        403,
        Fault.RIGHTS,
        "您没有成员与权限管理权限，请联系单位管理员。",
        "You have not been granted the right to manage members and rights; ask your administrator.",
    )
    SEALS_NOT_GRANTED = _row(
        403,
        Fault.RIGHTS,
        "您没有印章管理权限，请联系单位管理员。",
        "You have not been granted the right to manage seals; ask your administrator.",
    )
    CERTIFICATES_NOT_GRANTED = _row(
        403,
        Fault.RIGHTS,
        "您没有证书审批权限，请联系单位管理员。",
        "You have not been granted the right to decide on certificates; ask your administrator.",
    )
    OPERATE_NOT_GRANTED = _row(
        403,
        Fault.RIGHTS,
        "只有平台运营单位的被授权人员可以办理。",
        "Only people of the platform's operator who have been granted the right may do this.",
    )
    MEMBER_NOT_FOUND = _row(404, Fault.RIGHTS, "没有找到该成员。", "This member was not found.")
    DEPARTMENT_NOT_FOUND = _row(404, Fault.RIGHTS, "没有找到该部门。", "This department was not found.")
    ROLE_NOT_FOUND = _row(404, Fault.RIGHTS, "没有找到该角色。", "This role was not found.")
    GRANT_NOT_FOUND = _row(404, Fault.RIGHTS, "没有找到该授权。", "This grant was not found.")
    INVITATION_NOT_FOUND = _row(
        404,
        Fault.RIGHTS,
        "邀请不存在、已被使用、已撤回、已过期，或不是发给您的手机号的。",
        "The invitation does not exist, was used, withdrawn, is over, or was not sent to your mobile number.",
    )
    NAME_TAKEN = _row(
        409,
        Fault.PERSON,
        "“{name}”已经有了，请换一个名称。",
        "“{name}” exists already; choose another name.",
    )
    STILL_USED = _row(
        409,
        Fault.STATE,
        "“{name}”还在使用：请先移走其中的成员、下级部门、授权与邀请。",
        "“{name}” is still in use: move its members, departments below it, grants and invitations first.",
    )
    DEPARTMENT_INSIDE_ITSELF = _row(
        409,
        Fault.PERSON,
        "部门不能放到自己或自己的下级之中。",
        "A department cannot be put into itself or into one below it.",
    )
    LAST_ADMINISTRATOR = _row(
        409,
        Fault.STATE,
        "这是最后一位长期有效的成员与权限管理员，请先授权另一人。",
        "This is the last lasting administrator of members and rights; grant the right to somebody else first.",
    )
    MEMBER_ALREADY = _row(
        409, Fault.STATE, "您已经是{tenant}的成员。", "You are a member of {tenant} already."
    )
    MEMBER_HAS_LEFT = _row(
        409,
        Fault.STATE,
        "该成员已离职，请重新邀请。",
        "This member has left; invite him again.",
    )
    SUCCESSOR_NEEDED = _row(
        409,
        Fault.PERSON,
        "该成员还有 {count} 个未完成的发起任务，请选择接手的在职成员。",
        "This member has started {count} tasks that are not complete; choose an active member who takes them over.",
    )
    GRANT_ENDS_BEFORE = _row(
        422,
        Fault.PERSON,
        "授权的截止时间须在将来。",
        "The end of a grant must lie in the future.",
    )

    # What was asked
    REQUEST_INVALID = _row(
        422,
        Fault.PERSON,
        "请求内容有误：{detail}",
        "The request is not right: {detail}",
    )
    NOT_FOUND = _row(404, Fault.PERSON, "没有找到所要的内容。", "What you asked for was not found.")
    METHOD_NOT_ALLOWED = _row(
        405, Fault.PERSON, "该地址不支持这种操作。", "This address does not offer that operation."
    )
    ENVELOPE_NOT_FOUND = _row(
        404,
        Fault.PERSON,
        "没有找到该签署任务。如果您属于多个单位，请切换单位后再看。",
        "No such signing task was found. If you belong to several organizations, switch and look again.",
    )
    DOCUMENT_NOT_FOUND = _row(404, Fault.PERSON, "没有找到该文件。", "No such document was found.")
    PUBLIC_CODE_NOT_FOUND = _row(
        404,
        Fault.PERSON,
        "没有这个查验码，请对照纸面逐位核对。",
        "There is no such verification code; compare it with the print, character by character.",
    )
    DRAFT_NOT_FOUND = _row(
        404,
        Fault.PERSON,
        "没有这份草稿，它可能已经发送或删除。",
        "There is no such draft; it may have been sent or deleted.",
    )
    DRAFT_MOVED = _row(
        409,
        Fault.STATE,
        "这份草稿刚刚在另一个窗口中保存过；请重新打开草稿，以免覆盖那里的内容。",
        "This draft was just saved in another window; open it again, so that nothing there is overwritten.",
    )
    DRAFTS_TOO_MANY = _row(
        409,
        Fault.PERSON,
        "草稿最多保存 {most} 份，请先发送或删除一些。",
        "At most {most} drafts are kept; send or delete some first.",
    )
    CONTACT_NOT_FOUND = _row(
        404,
        Fault.PERSON,
        "通讯录里没有这位联系人，或其已离开本单位；请重新选择，或用手机号指定。",
        "There is no such contact, or they have left the organization; choose again, or name them by phone.",
    )
    UPLOAD_NOT_FOUND = _row(
        404,
        Fault.PERSON,
        "没有找到上传的文件，请重新上传。",
        "The uploaded document was not found; please upload it again.",
    )
    CEREMONY_NOT_FOUND = _row(
        404,
        Fault.PERSON,
        "没有找到该盖章操作。如果您刚切换过单位，请切换回来再继续。",
        "No such sealing session was found. If you have just switched organizations, switch back to go on.",
    )
    SEAL_NOT_FOUND = _row(404, Fault.PERSON, "没有找到该印章。", "No such seal was found.")
    PERSON_NOT_FOUND = _row(
        404, Fault.PERSON, "没有找到完成人“{account}”。", "No signer “{account}” was found."
    )
    REQUEST_TOO_LARGE = _row(
        413,
        Fault.PERSON,
        "请求超过了 {limit_kb} KB 的上限。",
        "The request is larger than the limit of {limit_kb} KB.",
    )
    UPLOAD_UNREADABLE = _row(
        422,
        Fault.PERSON,
        "浏览器读不到“{name}”，它可能已被移动、改名或修改，或者选中的是文件夹。请重新选择文件。",
        "The browser cannot read “{name}”: it was moved, renamed or changed, or it is a folder. Choose it again.",
    )
    UPLOAD_PART_WRONG = _row(
        409,
        Fault.STATE,
        "这一段与已收到的接不上：已收到 {received_bytes} 字节，请从那里接着上传。",
        "This part does not fit: {received_bytes} bytes have arrived; go on from there.",
        retry=True,
    )
    UPLOAD_INCOMPLETE = _row(
        409,
        Fault.STATE,
        "文件还没有传完：共 {size_bytes} 字节，已收到 {received_bytes} 字节，请接着上传。",
        "The document has not arrived yet: {received_bytes} of {size_bytes} bytes; go on with it.",
        retry=True,
    )
    UPLOAD_DIFFERENT = _row(
        422,
        Fault.PERSON,
        "收到的内容与所选的文件不一致，可能在上传时被修改。请重新上传。",
        "What arrived is not the document that was chosen; it may have been changed meanwhile. Upload it again.",
    )
    UPLOADS_TOO_MANY = _row(
        409,
        Fault.STATE,
        "您有 {count} 份上传后还没有发出的文件，共 {size_mb} MB，已到上限。"
        "请先发出或移除；{hours} 小时内没有发出的会自动清除。",
        "You have {count} uploaded documents that were not sent, {size_mb} MB together, which is the limit. "
        "Send or remove some; what is not sent goes after {hours} hours.",
    )
    REQUESTS_TOO_MANY = _row(
        429,
        Fault.PERSON,
        "请求过于频繁，请在 {seconds} 秒后再试。",
        "Too many requests; try again in {seconds} seconds.",
        retry=True,
    )

    # Rights (manual 6)
    DESK_NOT_GRANTED = _row(
        403,
        Fault.RIGHTS,
        "只有证书机构受理点的人员可以办理解锁申请。",
        "Only the certificate authority's desk may decide on unlocking.",
    )
    ENROLMENT_NOT_FOUND = _row(
        404, Fault.RIGHTS, "没有找到该证书申请。", "This application for a certificate was not found."
    )
    UNLOCK_NOT_FOUND = _row(
        404, Fault.RIGHTS, "没有找到该解锁申请。", "This request for unlocking was not found."
    )
    UNLOCK_OF_ONES_OWN = _row(
        403,
        Fault.RIGHTS,
        "不能受理自己的解锁申请，请由另一位受理人员办理。",
        "Nobody decides on a request of his own; another clerk has to.",
    )
    START_NOT_GRANTED = _row(
        403,
        Fault.RIGHTS,
        "您还没有盖章任务发起权限，请向单位管理员申请授权（手册 6.1）。",
        "You have not been granted the right to start signing tasks; ask your administrator (manual 6.1).",
    )
    DOWNLOAD_RESERVED_TO_INITIATOR = _row(
        403,
        Fault.RIGHTS,
        "该文件由 {initiator} 发起，只有发起人可以下载（手册 6.3）。",
        "{initiator} started this task; only the initiator can download the file (manual 6.3).",
    )
    FORWARD_RESERVED_TO_INITIATOR = _row(
        403,
        Fault.RIGHTS,
        "该文件由 {initiator} 发起，不能再转发给其他人（手册 6.2）。",
        "{initiator} started this task; it cannot be sent on to others (manual 6.2).",
    )
    NOT_ADDRESSED = _row(
        403, Fault.RIGHTS, "该签署任务没有指定您签署。", "This signing task does not name you as a signer."
    )
    NOT_YOUR_TURN = _row(
        409,
        Fault.STATE,
        "还没有轮到您，正在等待 {waiting_for} 签署。",
        "It is not your turn yet; {waiting_for} has to sign first.",
        retry=True,
    )
    SEAL_NOT_ALLOWED = _row(
        403,
        Fault.RIGHTS,
        "印章“{seal}”没有授权给您，或不能用于这张证书。",
        "The seal “{seal}” is not granted to you, or may not be applied with this certificate.",
    )
    SEAL_NOT_IN_USE = _row(
        403,
        Fault.RIGHTS,
        "印章“{seal}”{state_zh}，不能使用。",
        "The seal “{seal}” {state_en} and cannot be used.",
    )
    SEAL_USE_NEEDS_APPROVAL = _row(
        403,
        Fault.RIGHTS,
        "印章“{seal}”每次使用都须先审批，请在“印章”页面为这份文件申请用印。",
        "Each use of the seal “{seal}” needs approval; ask for it on the page “Seals” for this envelope.",
    )
    SEAL_USE_NOT_FOUND = _row(
        404, Fault.PERSON, "没有找到该用印申请。", "No such request for a use was found."
    )
    SEAL_USE_ASKED_ALREADY = _row(
        409,
        Fault.STATE,
        "您已经为这份文件申请过印章“{seal}”，请等待审批或直接使用。",
        "You have asked for the seal “{seal}” for this envelope already; wait for the decision, or use it.",
    )
    SEAL_APPLICATION_NOT_FOUND = _row(
        404, Fault.PERSON, "没有找到该印章申请。", "No such application for a seal was found."
    )
    SEAL_APPLIED_ALREADY = _row(
        409,
        Fault.STATE,
        "您已经申请过名为“{name}”的同类印章。",
        "You have applied for a seal of this kind named “{name}” already.",
    )
    SEAL_APPLICATIONS_TOO_MANY = _row(
        429,
        Fault.PERSON,
        "您在一天内申请的印章太多，请明天再试。",
        "You have applied for too many seals within a day; try again tomorrow.",
    )
    LIST_TOO_LONG = _row(
        422,
        Fault.PERSON,
        "一次最多导出 {limit} 行，请用检索条件缩小范围，例如按创建时间分段导出。",
        "At most {limit} lines are exported at once; narrow the search, for example by time of creation.",
    )
    SEAL_LEDGER_TOO_LONG = _row(
        422,
        Fault.PERSON,
        "一次最多导出 {limit} 条用印记录，请缩小时间范围。",
        "At most {limit} uses are exported at once; choose a shorter time.",
    )
    LEGAL_REPRESENTATIVE_UNKNOWN = _row(
        409,
        Fault.STATE,
        "还没有登记{tenant}的法定代表人，无法绘制法人章；请上传法人章的扫描件。",
        "No legal representative of {tenant} is known, so the seal cannot be drawn; upload a scan of it.",
    )
    CERTIFICATE_NOT_BOUND = _row(
        403,
        Fault.RIGHTS,
        "证书“{owner}”没有绑定到您的账号或单位，请先申请绑定。",
        "The certificate of “{owner}” is not bound to your account or organization; apply for binding first.",
    )

    CERTIFICATE_STOPPED = _row(
        403,
        Fault.RIGHTS,
        "证书“{owner}”{state_zh}，不能使用。",
        "The certificate of “{owner}” {state_en}, so it cannot be used.",
    )

    # Binding certificates
    CERTIFICATE_NOT_FOUND = _row(404, Fault.RIGHTS, "没有找到该证书。", "This certificate was not found.")
    BINDING_NOT_FOUND = _row(
        404, Fault.RIGHTS, "没有找到该绑定申请。", "This request for binding was not found."
    )
    BINDING_CHALLENGE_OVER = _row(
        409,
        Fault.STATE,
        "这次绑定已过期、已用过，或不是在这个浏览器里开始的，请重新绑定。",
        "This binding is over, was used, or did not begin in this browser; begin again.",
    )
    BINDING_ASKED_ALREADY = _row(
        409,
        Fault.STATE,
        "证书“{owner}”的绑定申请已在审批中。",
        "The binding of the certificate of “{owner}” is waiting for a decision already.",
    )
    BINDING_NAMES_OTHER = _row(
        422,
        Fault.PERSON,
        "证书“{owner}”上的姓名和证件号码与您的实名信息不一致，不能绑定。请使用您本人的证书，或先完成实名认证。",
        "Name and ID number in the certificate of “{owner}” are not those you registered with. Use your own "
        "certificate, or register with your real name first.",
    )
    CERTIFICATE_OF_ANOTHER = _row(
        409,
        Fault.RIGHTS,
        "证书“{owner}”已绑定到其他人或其他单位。如果它是您的，请联系证书机构。",
        "The certificate of “{owner}” is bound to another person or organization. If it is yours, ask the certificate "
        "authority.",
    )
    DECISION_OF_ONES_OWN = _row(
        403,
        Fault.RIGHTS,
        "自己的申请和证书须由他人审批。",
        "Somebody else has to decide on your own requests and certificates.",
    )

    # Intake of a document
    DOCUMENT_EMPTY = _row(422, Fault.PERSON, "文件是空的，没有内容。", "The file is empty.")
    DOCUMENT_TOO_LARGE = _row(
        413,
        Fault.PERSON,
        "文件有 {size_mb} MB，超过了 {limit_mb} MB 的上限。",
        "The file has {size_mb} MB; the limit is {limit_mb} MB.",
    )
    DOCUMENT_TOO_MANY_PAGES = _row(
        413,
        Fault.PERSON,
        "文件有 {pages} 页，超过了 {limit} 页的上限。",
        "The file has {pages} pages; the limit is {limit}.",
    )
    DOCUMENT_NOT_PDF = _row(
        422,
        Fault.PERSON,
        "这不是 PDF 文件，也不是可以转换的 Word 文件（.docx、.doc），请先转换为 PDF 再上传。",
        "This is no PDF file, nor a Word file (.docx, .doc) that can be converted; convert it to PDF first.",
    )
    WORD_NOT_OFFERED = _row(
        422,
        Fault.PERSON,
        "本平台没有启用 Word 文件转换，请在 Word 或 WPS 中“另存为 PDF”后再上传。",
        "This platform does not convert Word files; save it as PDF in Word or WPS and upload that.",
    )
    WORD_HAS_MACROS = _row(
        422,
        Fault.PERSON,
        "Word 文件含有宏，不能接收。请另存为不带宏的 .docx 或 PDF 后再上传。",
        "The Word file holds macros and is not taken; save it as .docx without macros, or as PDF.",
    )
    WORD_UNPACKS_TOO_LARGE = _row(
        413,
        Fault.PERSON,
        "Word 文件展开后超过了 {limit_mb} MB 的上限，请缩小其中的图片，或另存为 PDF 后再上传。",
        "The Word file unpacks to more than the limit of {limit_mb} MB; make its pictures smaller, or save it as PDF.",
    )
    WORD_NOT_CONVERTED = _row(
        422,
        Fault.PERSON,
        "Word 文件无法可靠地转换为 PDF，可能已损坏。请在 Word 或 WPS 中“另存为 PDF”后再上传。",
        "The Word file cannot be converted reliably and may be damaged; save it as PDF in Word or WPS, upload that.",
    )
    DOCUMENT_ENCRYPTED = _row(
        422,
        Fault.PERSON,
        "文件设置了密码保护，请去掉密码后再上传。",
        "The file is protected with a password; remove the password and upload it again.",
    )
    DOCUMENT_BROKEN = _row(
        422,
        Fault.PERSON,
        "文件结构已损坏，无法可靠地读取。请用原来的程序重新导出 PDF。",
        "The file's structure is damaged and cannot be read reliably; export it to PDF again.",
    )
    DOCUMENT_ACTIVE_CONTENT = _row(
        422,
        Fault.PERSON,
        "文件含有会自行变化的内容（{kinds}），所见不一定是所签，请另存为普通 PDF 后再上传。",
        "The file holds content that can change by itself ({kinds}); save it as a plain PDF, upload again.",
    )
    DOCUMENT_CERTIFIED = _row(
        422,
        Fault.PERSON,
        "文件已被认证为不允许再改动，不能再加盖签名。",
        "The file was certified so that no change is permitted; no further signature can be added.",
    )
    DOCUMENT_PROTECTED = _row(
        422,
        Fault.PERSON,
        "文件受所有者密码保护（限制修改或打印），签署前须去除保护；请确认您有权去除，再重新上传。",
        "The file is protected against changes or printing, which has to be removed before it is signed; "
        "confirm that you may remove it, and upload it again.",
    )
    DOCUMENT_SIGNATURE_BROKEN = _row(
        422,
        Fault.PERSON,
        "文件中已有的签名无效（{fields}），不能在其上再签署，请索取完好的原件。",
        "A signature that the file already carries is not valid ({fields}); nothing can be signed on top of "
        "it. Ask for an intact copy.",
    )
    DOCUMENT_IMAGE_TOO_LARGE = _row(
        422,
        Fault.PERSON,
        "文件中有一张 {width}×{height} 像素的图片，超过了 {limit_megapixels} 百万像素的上限，请缩小后再上传。",
        "The file holds a picture of {width}×{height} pixels; the limit is {limit_megapixels} megapixels.",
    )
    DOCUMENT_LOOKS_DIFFERENT = _row(
        422,
        Fault.PERSON,
        "不同的阅读器显示的第 {pages} 页不一样，无法确定您看到的是哪一种。请用原来的程序重新导出 PDF。",
        "Page {pages} looks different from one reader program to another, so nobody can be sure what is "
        "signed; export the file to PDF again.",
    )
    INTAKE_TIMEOUT = _row(
        422,
        Fault.PERSON,
        "文件过于复杂，检查超过了时间或内存限制。请用原来的程序重新导出 PDF。",
        "The file is too complex: checking it passed the limits of time or memory; export it to PDF again.",
    )
    DOCUMENT_TAKES_NO_FIELD = _row(
        422,
        Fault.PERSON,
        "文件已被认证，不能再增加可见的签名域，也没有预留的签名域可用；请让认证人预留签名域后重新提供文件。",
        "The file was certified, so that it takes no new visible signature field, and none is left in it; ask "
        "its certifier for a copy with signature fields.",
    )
    DOCUMENT_ALREADY_SIGNED = _row(
        409,
        Fault.STATE,
        "文件中已有签名，不能再认证；认证必须是第一个签名。",
        "The file carries a signature already, so it can no longer be certified; certifying comes first.",
    )
    MARK_OUTSIDE_FIELD = _row(
        422,
        Fault.PERSON,
        "印章或文字须完整放在签名域内：{fields}。",
        "The mark has to lie wholly within a signature field: {fields}.",
    )
    FIELD_NOT_FOUND = _row(
        422,
        Fault.PERSON,
        "文件中没有名为“{field}”的空白签名域。",
        "The file has no empty signature field named “{field}”.",
    )
    FIELD_LOCKED = _row(
        422,
        Fault.PERSON,
        "“{field}”已被之前的签名锁定，不能再填写或签署。",
        "“{field}” was locked by an earlier signature; it can no longer be filled or signed.",
    )
    DOCUMENT_LOCKED = _row(
        422,
        Fault.PERSON,
        "之前的签名锁定了表单域“{field}”，再签署会使部分阅读器判定该签名无效；请在锁定之前签署，或另附一份文件签署。",
        "An earlier signature locked the field “{field}”; some readers would call it broken after any further "
        "signature. Sign before such a lock, or sign a document of its own.",
    )
    FIELD_DEMANDS_MORE = _row(
        422,
        Fault.PERSON,
        "签名域“{field}”要求 {demand}，本次签署不能满足。",
        "The signature field “{field}” demands {demand}, which this signature would not meet.",
    )
    VALIDATION_MATERIAL_INVALID = _row(
        502,
        Fault.OUTSIDE,
        "验证材料（{kind}）无法读取，未加入文件。",
        "The validation material ({kind}) cannot be read and was not added to the file.",
    )

    # Marks and preparing
    MARK_OUTSIDE_PAGE = _row(
        422,
        Fault.PERSON,
        "第 {page} 页上的{mark}超出了页面，请拖回页面内。",
        "The {mark} on page {page} lies outside the page; drag it back onto the page.",
    )
    MARK_SIZE_WRONG = _row(
        422,
        Fault.PERSON,
        "第 {page} 页上的{mark_zh}大小不对：印章必须按原尺寸加盖，日期须清晰可读。请删除后重新放置。",
        "The {mark_en} on page {page} has the wrong size: a seal is applied in its true size, a date must be "
        "readable. Remove it and place it again.",
    )
    PAGE_NOT_FOUND = _row(422, Fault.PERSON, "文件没有第 {page} 页。", "The document has no page {page}.")
    PAGE_NOT_DRAWN = _row(
        422,
        Fault.PERSON,
        "第 {page} 页过于复杂，没有绘出它的图片。",
        "Page {page} is too complex: no picture of it could be drawn.",
    )
    PLACEMENTS_EMPTY = _row(
        422,
        Fault.PERSON,
        "还没有放置印章，请先放置印章再保存并签名。",
        "No seal has been placed yet; place a seal before you sign.",
    )
    GLYPH_MISSING = _row(
        422,
        Fault.PERSON,
        "字体中没有字符“{characters}”，无法写入文件。",
        "The font has no glyph for “{characters}”, so it cannot be written into the document.",
    )
    SEAL_SIZE_WRONG_FOR_KIND = _row(
        422,
        Fault.PERSON,
        "{kind_zh}没有这种尺寸，请改为 {sizes}（毫米）。",
        "No {kind_en} has this size; choose {sizes} (mm).",
    )
    SCAN_NOT_A_PICTURE = _row(
        422,
        Fault.PERSON,
        "只接受 PNG 或 JPEG 格式的静态图片，请把印章或签名扫描、拍照后重新上传。",
        "Only a still picture in PNG or JPEG is taken; scan or photograph the seal or signature and upload it again.",
    )
    SCAN_TOO_LARGE = _row(
        422,
        Fault.PERSON,
        "图片太大：最多 {limit_mb} MB、{limit_megapixels} 百万像素，请裁剪或缩小后重新上传。",
        "The picture is too large: at most {limit_mb} MB and {limit_megapixels} megapixels; crop or shrink it and "
        "upload it again.",
    )
    SCAN_UNREADABLE = _row(
        422,
        Fault.PERSON,
        "图片不完整或已损坏，请重新扫描、拍照后上传。",
        "The picture is incomplete or damaged; scan or photograph it again and upload the new one.",
    )
    SCAN_WITHOUT_INK = _row(
        422,
        Fault.PERSON,
        "图片中没有找到清晰的印迹。请在白纸上盖红色印章或用深色笔签名，光线均匀，靠近拍摄后重新上传。",
        "No clear ink was found in the picture. Stamp in red or sign in a dark ink on white paper, take it from near "
        "in even light, and upload it again.",
    )
    SCAN_NOT_ONE_SEAL = _row(
        422,
        Fault.PERSON,
        "图片中的红色印迹不是一枚完整的{kind_zh}。请只拍一枚，正对纸面，四周不留别的红色内容，再重新上传。",
        "The red ink in the picture is not one whole {kind_en}. Take a single one from straight above, with nothing "
        "else in red around it, and upload it again.",
    )
    SIGNATURE_EMPTY = _row(
        422,
        Fault.PERSON,
        "还没有写签名，请先手写签名。",
        "Nothing was written yet; write your signature first.",
    )
    TEXT_DOES_NOT_FIT = _row(
        422,
        Fault.PERSON,
        "第 {page} 页上的文字放不进所画的框，请把框放大、缩小字号或缩短文字。",
        "The text on page {page} does not fit its box: make the box larger, the size smaller, or the text "
        "shorter.",
    )
    PAGING_NEEDS_TWO_PAGES = _row(
        422,
        Fault.PERSON,
        "骑缝章至少要跨两页，请重新选择页面。",
        "A paging seal runs over at least two pages; choose the pages again.",
    )
    PAGING_CUT_WRONG = _row(
        422,
        Fault.PERSON,
        "骑缝章无法这样分割：每枚印章可分在 2 至 {limit} 页上，每页至少占百分之一。",
        "A paging seal cannot be cut like this: one seal is cut over 2 to {limit} pages, with at least a "
        "hundredth of it on each.",
    )
    PAGING_NO_SLOT = _row(
        422,
        Fault.STATE,
        "文件没有空余的骑缝章位置；没有预留位置的文件，骑缝章最多跨 {limit} 页。请减少页数或不盖骑缝章。",
        "The document has no place left for a paging seal; without a reserved place one runs over at most "
        "{limit} pages. Choose fewer pages, or leave the paging seal out.",
    )
    SIGNATURE_TOO_LARGE = _row(
        500,
        Fault.PLATFORM,
        "签名有 {size_bytes} 字节，超过了预留的 {reserved_bytes} 字节。",
        "The signature has {size_bytes} bytes, more than the {reserved_bytes} reserved.",
    )

    # Certificates and signatures
    CERTIFICATE_UNREADABLE = _row(422, Fault.PERSON, "证书无法读取。", "The certificate cannot be read.")
    CERTIFICATE_EXPIRED = _row(
        422,
        Fault.PERSON,
        "证书“{owner}”不在有效期内（{not_before} 至 {not_after}）。",
        "The certificate of “{owner}” is not within its validity ({not_before} to {not_after}).",
    )
    CERTIFICATE_REVOKED = _row(
        422, Fault.PERSON, "证书“{owner}”已被吊销。", "The certificate of “{owner}” has been revoked."
    )
    CERTIFICATE_UNTRUSTED = _row(
        422,
        Fault.PERSON,
        "证书“{owner}”不是由平台信任的机构签发的。",
        "The certificate of “{owner}” was not issued by an authority the platform trusts.",
    )
    CERTIFICATE_USAGE = _row(
        422,
        Fault.PERSON,
        "证书“{owner}”不是签名证书，不能用来签名。",
        "The certificate of “{owner}” is not a signing certificate.",
    )
    ALGORITHM_UNSUPPORTED = _row(
        422,
        Fault.PERSON,
        "不支持算法 {algorithm}。",
        "The algorithm {algorithm} is not supported.",
    )
    SIGNATURE_INVALID = _row(
        422,
        Fault.KEY,
        "签名值与证书和文件不符，没有写入文件。",
        "The signature value does not fit the certificate and the document; nothing was written.",
    )
    SEAL_UNREADABLE = _row(422, Fault.PERSON, "电子印章无法读取。", "The electronic seal cannot be read.")
    SEAL_NOT_GENUINE = _row(
        422,
        Fault.PERSON,
        "电子印章“{seal}”不是其制作者签发的原样，不能加盖。",
        "The electronic seal “{seal}” is not as its maker signed it and cannot be applied.",
    )
    SEAL_OUT_OF_DATE = _row(
        422,
        Fault.PERSON,
        "电子印章“{seal}”不在有效期内（{not_before} 至 {not_after}），请更新印章。",
        "The electronic seal “{seal}” is not within its validity ({not_before} to {not_after}); have it renewed.",
    )
    SEAL_NOT_OF_CERTIFICATE = _row(
        422,
        Fault.PERSON,
        "电子印章“{seal}”的签章人证书列表中没有证书“{owner}”；证书更新后印章也要重新制作。",
        "The electronic seal “{seal}” does not list the certificate “{owner}” among its signers; after a certificate "
        "is renewed its seal has to be made anew.",
    )
    SEAL_PICTURE_DIFFERS = _row(
        422,
        Fault.PERSON,
        "要盖的图样或尺寸与电子印章“{seal}”中的印模不同。",
        "The picture to be applied, or its size, is not that of the electronic seal “{seal}”.",
    )
    SELF_CHECK_FAILED = _row(
        500,
        Fault.PLATFORM,
        "盖章后的文件没有通过复核（{detail}），已放弃，文件保持原样。",
        "The sealed document did not pass the check afterwards ({detail}); it was dropped, nothing changed.",
    )

    # The ceremony
    REVISION_MOVED = _row(
        409,
        Fault.STATE,
        "文件已有新的签名（第 {head} 版），已按新版本重新准备，请再次确认。",
        "The document has moved on (revision {head}) and was prepared again; please confirm once more.",
        retry=True,
    )
    DOCUMENT_BEING_SIGNED = _row(
        409,
        Fault.STATE,
        "{signer} 正在签署这份文件；完成后（最迟 {seconds} 秒）即可继续，您的盖章位置会保留。",
        "{signer} is signing this document; you can go on when that is done (at the latest in {seconds} s), "
        "and your marks are kept.",
        retry=True,
    )
    BATCH_TOO_LARGE = _row(
        422,
        Fault.PERSON,
        "一次最多批量签署 {limit} 份文件，请少选一些。",
        "At most {limit} documents are signed in one batch; choose fewer.",
    )
    BATCH_NOT_FOUND = _row(404, Fault.STATE, "没有这个批量签署。", "There is no such batch.")
    BATCH_NEEDS_LOOK = _row(
        409,
        Fault.STATE,
        "没有为这份文件找到合适的盖章位置，请单独打开签署。",
        "No fitting place for the seal was found in this document; open and sign it by itself.",
    )
    BATCH_NOTHING_PREPARED = _row(
        409,
        Fault.STATE,
        "没有准备好的文件可签，请重新准备。",
        "No document is ready for the key; prepare them again.",
        retry=True,
    )
    CEREMONY_INCOMPLETE = _row(
        409,
        Fault.STATE,
        "已完成 {done} / {total} 把 Key 的签名，可以从下一把继续。",
        "{done} of {total} keys have signed; you can go on with the next one.",
        retry=True,
    )
    CEREMONY_CLOSED = _row(
        409, Fault.STATE, "这次盖章操作已经结束。", "This sealing session is already over."
    )
    ORDER_EXPIRED = _row(
        409,
        Fault.STATE,
        "签名请求已过期，请重新点击“保存并签名”。",
        "The signing request has expired; press “Save and sign” again.",
        retry=True,
    )
    ORDER_MISMATCH = _row(
        422,
        Fault.STATE,
        "签名结果与签名请求不一致，没有写入文件。",
        "The result does not belong to this signing request; nothing was written.",
    )
    ENVELOPE_NOT_OPEN = _row(
        409,
        Fault.STATE,
        "该签署任务已经{state_zh}，不能再签署。",
        "This signing task is {state_en} and can no longer be signed.",
    )
    ENVELOPE_IS_OVER = _row(
        409,
        Fault.STATE,
        "该签署任务已经{state_zh}，不能再更改。",
        "This signing task is {state_en} and can no longer be changed.",
    )
    CHANGE_RESERVED_TO_INITIATOR = _row(
        403,
        Fault.RIGHTS,
        "该文件由 {initiator} 发起，只有发起人可以撤回、延期或增加签署人（手册 6.2）。",
        "{initiator} started this task; only the initiator recalls it, extends it or adds signers (manual 6.2).",
    )
    REMINDED_LATELY = _row(
        429,
        Fault.STATE,
        "一小时内已经催办过，请在 {minutes} 分钟后再催。",
        "They were reminded within the hour; remind them again in {minutes} minutes.",
        retry=True,
    )
    END_RESERVED_TO_PARTIES = _row(
        403,
        Fault.RIGHTS,
        "作废由发起人 {initiator} 和已签署的人协商，您还没有签署。",
        "{initiator}, who started the task, and those who have signed agree upon its end; you have not signed.",
    )
    END_NEEDS_SIGNATURES = _row(
        409,
        Fault.STATE,
        "还没有人签署，不需要协商作废；发起人可以直接撤回。",
        "Nobody has signed yet, so there is nothing to agree upon; the initiator can recall the task.",
    )
    END_PROPOSED_ALREADY = _row(
        409,
        Fault.STATE,
        "{proposer} 已经提出作废，请先对它表态。",
        "{proposer} has proposed to end it already; answer that first.",
    )
    END_NOT_FOUND = _row(
        404, Fault.PERSON, "没有这项作废提议。", "There is no such proposal to end the task."
    )
    END_IS_DECIDED = _row(
        409,
        Fault.STATE,
        "这项作废提议已经有了结果，不能再表态或收回。",
        "This proposal is decided; it can no longer be answered or taken back.",
    )
    END_ANSWERED_ALREADY = _row(
        409,
        Fault.STATE,
        "您已经表态，不能更改；提出的人可以收回提议。",
        "You have answered already; who proposed it can take the proposal back.",
    )
    END_NOT_YOURS = _row(
        403,
        Fault.RIGHTS,
        "这项作废提议由 {proposer} 提出，只有本人可以收回。",
        "{proposer} made this proposal; nobody else takes it back.",
    )
    SEAT_PARTLY_SIGNED = _row(
        409,
        Fault.STATE,
        "您已经签署了其中一部分，余下的也由您签署，不能转交。",
        "You have signed a part of this already; the rest is yours to sign too.",
    )
    COLLEAGUE_ADDRESSED_ALREADY = _row(
        409,
        Fault.STATE,
        "{name} 已在这份任务里，请换一位同事。",
        "{name} takes part in this task already; choose another colleague.",
    )
    SEAT_STAYS_PERSONAL = _row(
        403,
        Fault.RIGHTS,
        "这份文件请您以个人名义签署，不能转交他人；不签可以拒签。",
        "You are asked to sign this as yourself, so nobody can stand in for you; you may decline.",
    )
    RECIPIENT_DONE = _row(
        409, Fault.STATE, "您已经完成了这份文件的签署。", "You have already signed this document."
    )
    RECIPIENTS_EMPTY = _row(422, Fault.PERSON, "请至少指定一位完成人。", "Name at least one signer.")
    TRANSITION_NOT_ALLOWED = _row(
        409,
        Fault.STATE,
        "当前状态（{state}）不能进行“{event}”。",
        "“{event}” is not possible in the present state ({state}).",
    )

    UNLOCK_CODE_WRONG = _row(
        409,
        Fault.PERSON,
        "申请码不一致，还可以核对 {tries_left} 次。请让申请人重新读出网页上的申请码。",
        "The code is another one; {tries_left} tries are left. Ask the person to read the code out again.",
        retry=True,
    )
    UNLOCK_CLOSED = _row(
        409,
        Fault.STATE,
        "申请码多次不一致，该申请已关闭，请申请人重新申请。",
        "Too many wrong codes: this request is closed; the person has to ask again.",
    )
    KEYCARE_TOO_OFTEN = _row(
        429,
        Fault.PERSON,
        "24 小时内的申请过多，请稍后再试，或直接联系证书机构。",
        "Too many applications within 24 hours; wait, or ask the certificate authority directly.",
        retry=True,
    )
    UNLOCK_CODE_NOT_OF_KEY = _row(
        422,
        Fault.KEY,
        "申请码与 Key 不符，请重新从安全客户端申请。",
        "The code does not belong to this key; ask again by the security client.",
    )
    UNLOCK_APPROVAL_OVER = _row(
        409,
        Fault.STATE,
        "受理已超过 24 小时，授权已失效，请重新申请。",
        "The approval is older than 24 hours and over; ask again.",
    )
    ENROLMENT_KEY_TAKEN = _row(
        409,
        Fault.KEY,
        "这对密钥已经有证书，请在 Key 中重新生成密钥。",
        "This key pair has a certificate already; let the key make a new pair.",
    )
    ENROLMENT_REQUEST_OTHER = _row(
        422,
        Fault.KEY,
        "证书请求与申请不符（{detail}），没有签发。",
        "The certificate request is not what was applied for ({detail}); nothing was issued.",
    )

    # Keys and the security client
    CLIENT_NOT_FOUND = _row(
        503,
        Fault.KEY,
        "没有找到安全客户端，请确认它已安装并正在运行。",
        "The security client was not found; make sure it is installed and running.",
        retry=True,
    )
    CLIENT_TOO_OLD = _row(
        426,
        Fault.KEY,
        "安全客户端版本过旧（协议 {protocol}），请升级。",
        "The security client is too old (protocol {protocol}); please upgrade it.",
    )
    PLATFORM_NOT_PAIRED = _row(
        403,
        Fault.KEY,
        "安全客户端还没有与网站 {origin} 配对。",
        "The security client is not paired with the site {origin}.",
    )
    PLATFORM_ADDRESS_WRONG = _row(
        422,
        Fault.PERSON,
        "平台地址应写成 https://主机名；只有本机上的平台可以用 http://。",
        "Write the platform's address as https://host; only one on this PC may be reached by http://.",
    )
    PLATFORM_UNREACHABLE = _row(
        502,
        Fault.OUTSIDE,
        "没有从 {origin} 取得所需的内容（{detail}），请检查地址和网络。",
        "{origin} did not give what was asked for ({detail}); check the address and the network.",
        retry=True,
    )
    PLATFORM_CARD_INVALID = _row(
        502,
        Fault.OUTSIDE,
        "{origin} 给出的平台名片不能使用（{detail}），没有配对。",
        "What {origin} says of itself cannot be used ({detail}); nothing was paired.",
    )
    PLATFORM_KEY_CHANGED = _row(
        409,
        Fault.STATE,
        "注意：{origin} 的密钥与配对时不同，可能有人冒充该平台。没有改动配对；"
        "请先向平台管理员核实，再移除旧的配对重新配对。",
        "Careful: the key of {origin} is not the one it was paired with; somebody may be posing as it. The pairing "
        "was not touched: ask the platform's administrator first, then remove the old pairing and pair again.",
    )
    PAIRING_CODE_DIFFERS = _row(
        409,
        Fault.PERSON,
        "配对码与平台页面上显示的不一致，没有配对。",
        "The pairing code is not the one the platform's page shows; nothing was paired.",
    )
    PAIRING_PAGE_OLD = _row(
        409,
        Fault.STATE,
        "该页面已用过或已过期，没有改动；请刷新后再试。",
        "This page was used before or is too old; nothing was changed. Load it again.",
        retry=True,
    )
    RELEASE_NOT_GENUINE = _row(
        502,
        Fault.OUTSIDE,
        "{origin} 提供的安全客户端版本信息不可信（{detail}），已忽略。",
        "What {origin} says of new security clients cannot be trusted ({detail}) and was ignored.",
    )
    HOST_NOT_ALLOWED = _row(
        421,
        Fault.KEY,
        "安全客户端只接受本机地址的访问。",
        "The security client answers only to its own local address.",
    )
    ORDER_NOT_GENUINE = _row(
        403,
        Fault.KEY,
        "请求不是由已配对的平台发出的，已拒绝。",
        "The request was not issued by the paired platform and was refused.",
    )
    ORDER_ALREADY_USED = _row(
        409,
        Fault.KEY,
        "这个请求已经用过，不能重复使用。",
        "This request was already used and cannot be used again.",
    )
    ATTRIBUTES_NOT_ACCEPTED = _row(
        422,
        Fault.KEY,
        "待签内容不是可以接受的文件签名（{detail}），已拒绝。",
        "What was to be signed is not an acceptable document signature ({detail}); refused.",
    )
    PREPARED_UNAVAILABLE = _row(
        502,
        Fault.OUTSIDE,
        "安全客户端没有取得待签的文件（{detail}），不能核对，也就不能签名；请重试。",
        "The security client did not get the document to be signed ({detail}), so it can neither check nor sign it; "
        "try again.",
        retry=True,
    )
    PREPARED_NOT_DRAWN = _row(
        422,
        Fault.KEY,
        "安全客户端没有能绘出待签文件的页面（{detail}），不能签名；请重试，仍不行请更换文件。",
        "The security client could not draw the pages to be signed ({detail}), so it does not sign; try again, or "
        "use another document.",
        retry=True,
    )
    PREPARED_MISMATCH = _row(
        502,
        Fault.OUTSIDE,
        "注意：平台给出的文件与要签的内容不一致（{detail}）。没有签名，口令没有交给 Key；请告知平台管理员。",
        "Careful: the document that the platform gave is not what was to be signed ({detail}). Nothing was signed and "
        "the PIN did not reach the key; tell the platform's administrator.",
    )
    PREPARED_REQUIRED = _row(
        409,
        Fault.KEY,
        "这台电脑的安全客户端要求先核对待签文件，平台没有提供该文件，没有签名。",
        "The security client on this PC must see the document before it signs; the platform did not offer it, and "
        "nothing was signed.",
    )
    DIALOG_NOT_FOUND = _row(
        404,
        Fault.KEY,
        "没有找到该确认窗口，可能已经关闭。",
        "This confirmation window was not found; it may have been closed.",
    )
    DIALOG_BUSY = _row(
        409,
        Fault.KEY,
        "另一个操作正在等待口令，请先完成或取消。",
        "Something else is waiting for its PIN; finish or cancel it first.",
        retry=True,
    )
    PIN_INCORRECT = _row(
        422,
        Fault.KEY,
        "口令不正确，还可以试 {tries_left} 次。",
        "The PIN is not correct; {tries_left} tries are left.",
        retry=True,
    )
    PIN_INCORRECT_UNCOUNTED = _row(
        422,
        Fault.KEY,
        "口令不正确。这把 Key 没有给出剩余次数，请谨慎再试。",
        "The PIN is not correct. This key does not tell how many tries are left; try again with care.",
        retry=True,
    )
    PIN_LAST_TRY = _row(
        409,
        Fault.KEY,
        "口令只剩最后 1 次，再错将被锁定。确认要继续，请勾选后再试。",
        "One try is left before the PIN is locked; tick the box to go on.",
        retry=True,
    )
    PIN_EACH_SIGNATURE = _row(
        409,
        Fault.KEY,
        "这把 Key 每签一份都要输入一次口令：已签 {done} 份，还有 {left} 份，请再次输入口令。",
        "This key asks for its PIN at every signature: {done} signed, {left} left; enter the PIN once more.",
        retry=True,
    )
    CONSENT_MISSING = _row(
        409,
        Fault.PERSON,
        "请先看清列表，并勾选同意一次签署这些文件。",
        "Read the list first, and tick the box that you agree to sign these documents at once.",
        retry=True,
    )
    PIN_LOCKED = _row(
        423,
        Fault.KEY,
        "Key 的口令已被锁定，请按证书机构的方法在线解锁（手册 6.5）。",
        "The PIN of this key is locked; unlock it by the certificate authority's procedure (manual 6.5).",
    )
    PIN_CANCELLED = _row(
        409,
        Fault.PERSON,
        "您取消了操作，没有任何改变。",
        "You cancelled; nothing has changed.",
        retry=True,
    )
    KEY_NOT_FOUND = _row(
        404,
        Fault.KEY,
        "没有找到装有证书“{owner}”的 Key，请插入后再试。",
        "No key with the certificate of “{owner}” was found; plug it in and try again.",
        retry=True,
    )
    KEY_REMOVED = _row(
        409,
        Fault.KEY,
        "Key 被拔出，操作没有完成。请插回后再试。",
        "The key was pulled out before it was done; plug it in and try again.",
        retry=True,
    )
    KEY_FAILED = _row(
        502,
        Fault.KEY,
        "Key 没有完成操作（{detail}）。",
        "The key did not do it ({detail}).",
        retry=True,
    )
    CERTIFICATE_MISMATCH = _row(
        409,
        Fault.KEY,
        "证书与这把 Key 不符，请插入正确的 Key。",
        "The certificate does not belong to this key; plug in the right one.",
        retry=True,
    )
    PIN_EMPTY = _row(422, Fault.PERSON, "请输入口令。", "Enter the PIN.", retry=True)
    CLOCK_WRONG = _row(
        409,
        Fault.KEY,
        "本机时间比平台慢了约 {minutes} 分钟，请校准本机时间后再试。",
        "This computer's clock is about {minutes} minutes behind the platform; set it right and try again.",
        retry=True,
    )
    PIN_NOT_SET = _row(
        409,
        Fault.KEY,
        "这把 Key 还没有设置口令，请联系证书机构初始化后再试。",
        "The PIN of this key has not been set yet; ask the certificate authority to initialise the key.",
    )
    KEY_DRIVER_STOPPED = _row(
        409,
        Fault.KEY,
        "Key 的驱动程序（{driver}）意外停止，操作可能没有完成，也可能已用掉一次口令机会。请先看清剩余次数再试；"
        "反复出现时请重新插拔 Key 或更新驱动。",
        "The key's software ({driver}) stopped; the act may not be done, and may have cost a try of the PIN. Look at "
        "the tries left before you try again; if it happens again, plug the key in anew or update its software.",
        retry=True,
    )
    KEY_TIMED_OUT = _row(
        409,
        Fault.KEY,
        "Key 没有在规定时间内响应，操作没有完成，请再试。",
        "The key did not answer in time; try again.",
        retry=True,
    )
    PIN_NOT_ACCEPTED = _row(
        422,
        Fault.PERSON,
        "这把 Key 不接受新口令，请换一个（{detail}）。",
        "The key does not accept this new PIN; choose another one ({detail}).",
        retry=True,
    )
    ADMIN_PIN_INCORRECT = _row(
        409,
        Fault.KEY,
        "Key 没有接受证书机构的解锁授权，请联系受理点；不要反复尝试。",
        "The key did not accept the certificate authority's release; ask its desk, and do not try again and again.",
    )
    ADMIN_PIN_LOCKED = _row(
        409,
        Fault.KEY,
        "这把 Key 的管理口令也已锁死，不能再解锁，请联系受理点更换 Key。",
        "The administrator's PIN of this key is locked too, so it cannot be unlocked; ask the desk for another key.",
    )
    SEALED_BOX_BROKEN = _row(
        422,
        Fault.KEY,
        "解锁授权无法打开，可能不是发给这台电脑的，请重新申请解锁。",
        "The release cannot be opened; it may be meant for another computer. Ask for unlocking again.",
    )
    KEY_ACT_UNSUPPORTED = _row(
        409,
        Fault.KEY,
        "这把 Key 不支持此操作，请使用厂商的管理工具。",
        "This key cannot do that; use its maker's own tool.",
    )
    KEY_FULL = _row(
        409,
        Fault.KEY,
        "Key 的空间已满，没有写入。",
        "The key has no room left; nothing was written.",
    )
    KEY_NOT_PLUGGED = _row(
        404,
        Fault.KEY,
        "没有找到 Key“{label}”（序列号 {serial}），请插入后再试。",
        "The key “{label}” (serial {serial}) was not found; plug it in and try again.",
        retry=True,
    )
    KEY_AMBIGUOUS = _row(
        409,
        Fault.KEY,
        "插着两把名称和序列号（{serial}）都相同的 Key，请只留下要用的一把。",
        "Two keys with the same name and serial ({serial}) are plugged in; leave only the one that is meant.",
        retry=True,
    )
    NEW_PIN_DIFFERS = _row(
        422,
        Fault.PERSON,
        "两次输入的新口令不一致，请重新输入。",
        "The two new PINs are not the same; enter them again.",
        retry=True,
    )
    NEW_PIN_WEAK = _row(
        422,
        Fault.PERSON,
        "新口令太弱：至少 {least} 位，不能与原口令相同，也不能全是同一个字符。",
        "The new PIN is too weak: at least {least} characters, not the old one, and not one character only.",
        retry=True,
    )
    UNLOCK_NOT_ASKED = _row(
        409,
        Fault.KEY,
        "这台电脑上没有这次解锁的申请，或已过期、已用过，请重新申请解锁。",
        "This computer has no such request for unlocking, or it is over or was used; ask for the unlocking again.",
    )
    DIALOG_EXPIRED = _row(
        409,
        Fault.STATE,
        "确认已超时，没有任何改变。请回到网页重新操作。",
        "The time for this confirmation is over; nothing has changed. Start again on the web page.",
        retry=True,
    )
    LISTENERS_TOO_MANY = _row(
        429,
        Fault.STATE,
        "打开的页面太多，请关闭几个后刷新。",
        "Too many pages listen to the keys; close some of them and reload.",
        retry=True,
    )

    # The outside and the platform
    DESK_UNAVAILABLE = _row(
        503,
        Fault.OUTSIDE,
        "证书机构的解锁服务没有响应，Key 没有改变，请稍后再试。",
        "The certificate authority's unlocking service did not answer; the key is unchanged; try again shortly.",
        retry=True,
    )
    DESK_KEY_UNKNOWN = _row(
        409,
        Fault.KEY,
        "证书机构没有这把 Key（{serial}）的管理口令，请到柜台办理。",
        "The certificate authority does not know this key ({serial}); go to its counter.",
    )
    TIMESTAMP_UNAVAILABLE = _row(
        503,
        Fault.OUTSIDE,
        "时间戳服务没有响应，签名尚未写入，请稍后再试。",
        "The time-stamp authority did not answer; the signature was not written; try again shortly.",
        retry=True,
    )
    TIMESTAMP_INVALID = _row(
        502,
        Fault.OUTSIDE,
        "时间戳服务的应答不正确（{detail}），没有采用。",
        "The time-stamp authority's answer is not right ({detail}) and was not used.",
        retry=True,
    )
    CA_UNAVAILABLE = _row(
        503,
        Fault.OUTSIDE,
        "证书机构的服务没有响应，请稍后再试。",
        "The certificate authority did not answer; try again shortly.",
        retry=True,
    )
    CA_REFUSED = _row(
        502,
        Fault.OUTSIDE,
        "证书机构没有办理（{detail}），请联系证书机构。",
        "The certificate authority did not do it ({detail}); ask the authority.",
    )
    PRIVATE_FIELD_UNREADABLE = _row(
        500,
        Fault.PLATFORM,
        "平台保存的个人信息无法读取，已停止办理，请联系平台运营方。",
        "Personal data that the platform keeps cannot be read, so nothing was done; tell the platform's operator.",
    )
    VAULT_DAMAGED = _row(
        500,
        Fault.PLATFORM,
        "保存的文件与登记的摘要不符，已停止使用并报警。",
        "The stored document does not match its recorded digest; it is no longer used; an alarm was raised.",
    )
    VAULT_FULL = _row(
        507,
        Fault.PLATFORM,
        "存储空间不足，没有保存。请联系平台管理员。",
        "There is no storage space left; nothing was saved. Tell the platform's operator.",
        retry=True,
    )
    DATABASE_UNAVAILABLE = _row(
        503,
        Fault.PLATFORM,
        "平台暂时无法访问数据库，请稍后再试。",
        "The platform cannot reach its database at the moment; try again shortly.",
        retry=True,
    )
    VAULT_UNAVAILABLE = _row(
        503,
        Fault.PLATFORM,
        "平台暂时无法读写存储，没有保存，请稍后再试。",
        "The platform cannot reach its storage at the moment; nothing was saved; try again shortly.",
        retry=True,
    )
    PLATFORM_BUSY = _row(
        503,
        Fault.PLATFORM,
        "正在检查的文件较多，请稍后再试。",
        "Many documents are being checked at the moment; try again shortly.",
        retry=True,
    )
    START_FAILED = _row(
        500,
        Fault.PLATFORM,
        "无法启动：{detail}",
        "The start failed: {detail}",
    )
    CONFIG_INSECURE = _row(
        500,
        Fault.PLATFORM,
        "配置不安全，拒绝启动：{detail}",
        "The configuration is not secure, so the start was refused: {detail}",
    )
    SERVER_UNREACHABLE = _row(
        503,
        Fault.OUTSIDE,
        "无法连接平台，请检查网络后重试；已完成的操作不会丢失。",
        "The platform cannot be reached; check the network and try again. Nothing that was done is lost.",
        retry=True,
    )
    PAGE_FAILED = _row(
        500,
        Fault.PLATFORM,
        "页面出现了未预料的错误，请刷新页面后再试；已完成的操作不会丢失。",
        "The page met an unexpected error; reload it and try again. Nothing that was done is lost.",
        retry=True,
    )
    INTERNAL = _row(
        500,
        Fault.PLATFORM,
        "平台出现了未预料的错误，已记录（编号 {reference}）。",
        "The platform met an unexpected error; it was recorded under {reference}.",
        retry=True,
    )

    @property
    def code(self) -> str:
        """The stable name that machines compare."""
        return self.name

    @property
    def row(self) -> Row:
        return self.value


class Refused(Exception):
    """The one exception of the product: a problem and the facts its texts need.

    Raises ValueError when a fact is missing or unknown: that is a defect of the caller, never of a person.
    """

    def __init__(self, problem: Problem, **facts: object) -> None:
        if problem.row.facts != facts.keys():
            expected = sorted(problem.row.facts)
            raise ValueError(f"{problem.code} takes the facts {expected}, got {sorted(facts)}")
        self.problem = problem
        self.facts = facts
        super().__init__(f"{problem.code}: {self.text('en')}")

    def text(self, language: str = "zh") -> str:
        """The sentence for a person, in "zh" or "en"."""
        row = self.problem.row
        return (row.en if language == "en" else row.zh).format(**self.facts)
