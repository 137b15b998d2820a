"""The list of all records, where Django looks for them."""

from yunqian.server.records.audit import AuditEvent
from yunqian.server.records.batch import Batch, BatchLine
from yunqian.server.records.ceremony import Ceremony, SignOrder
from yunqian.server.records.certificate import BindingChallenge, BindingRequest, Certificate
from yunqian.server.records.document import Document, IncomingUpload, Revision, Upload
from yunqian.server.records.draft import Draft, ProposedPlace
from yunqian.server.records.ending import Ending, EndingVoice, SeatHandover
from yunqian.server.records.envelope import Envelope
from yunqian.server.records.identity import IdentityCheck, MailCode, PhoneCode
from yunqian.server.records.invitation import Invitation
from yunqian.server.records.keycare import Enrolment, Unlock
from yunqian.server.records.login import LoginAttempt, LoginChallenge, OpenSession
from yunqian.server.records.member import Department, Grant, Member, Role, RoleHolder
from yunqian.server.records.notice import Notice, NoticeDelivery
from yunqian.server.records.person import Person
from yunqian.server.records.recipient import Recipient
from yunqian.server.records.seal import Seal, SealCertificate, SealEvent, SealGrant
from yunqian.server.records.seal_application import SealApplication
from yunqian.server.records.seal_use import SealCeremony, SealUse, SealUseApproval
from yunqian.server.records.tenant import Tenant

__all__ = [
    "AuditEvent",
    "Batch",
    "BatchLine",
    "BindingChallenge",
    "BindingRequest",
    "Ceremony",
    "Certificate",
    "Department",
    "Document",
    "Draft",
    "Ending",
    "EndingVoice",
    "Enrolment",
    "Envelope",
    "Grant",
    "IdentityCheck",
    "IncomingUpload",
    "Invitation",
    "LoginAttempt",
    "LoginChallenge",
    "MailCode",
    "Member",
    "Notice",
    "NoticeDelivery",
    "OpenSession",
    "Person",
    "PhoneCode",
    "ProposedPlace",
    "Recipient",
    "Revision",
    "Role",
    "RoleHolder",
    "Seal",
    "SealApplication",
    "SealCeremony",
    "SealCertificate",
    "SealEvent",
    "SealGrant",
    "SealUse",
    "SealUseApproval",
    "SeatHandover",
    "SignOrder",
    "Tenant",
    "Unlock",
    "Upload",
]
