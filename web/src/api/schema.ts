// Made by `python -m tools.wire_types` from yunqian/wire and yunqian/problems.py. Never edited by hand.

export interface AfterSending {
  readonly may_remind: boolean;
  /** when it may be done again */
  readonly remind_again_at?: string | null;
  readonly may_propose_end: boolean;
  readonly may_hand_over: boolean;
  readonly ending?: Ending | null;
  readonly handovers?: readonly (Handover)[];
}

export type Answer = "valid" | "invalid" | "indeterminate" | "not_applicable";

export interface AnswerEnding {
  readonly is_agreed: boolean;
  readonly reason?: string;
}

export interface ApplySeal {
  readonly kind: SealKind;
  readonly filing_number?: string | null;
  readonly picture: Drawn | Strokes;
  readonly name: string;
  readonly reason: string;
  readonly valid_until_at?: string | null;
}

export interface ApproveUnlock {
  readonly code: string;
}

export interface Archive {
  readonly system: "linux" | "windows";
  /** x86_64, aarch64, … */
  readonly machine: string;
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

export interface AskCode {
  /** a mainland mobile number, however spaced */
  readonly mobile: string;
  readonly purpose: "register" | "login";
  readonly slug?: string | null;
}

export interface AskMailCode {
  readonly address: string;
}

export interface AskSealUse {
  readonly envelope_id: string;
  readonly reason: string;
}

export interface AskUnlock {
  readonly request: UnlockRequest;
  readonly reason: string;
}

export interface AuditEntry {
  readonly sequence: number;
  readonly kind: string;
  readonly at: string;
  readonly person_name: string | null;
  readonly facts: Readonly<Record<string, string | number | number | boolean | null>>;
  readonly hash: string;
}

export interface Batch {
  readonly id: string;
  readonly certificate_sha256: string;
  readonly certificate_owner: string;
  readonly seal_id: string;
  readonly seal_name: string;
  readonly made_at: string;
  readonly lines: readonly (BatchLine)[];
}

export interface BatchAnswered {
  readonly batch: Batch;
  readonly refused: readonly (BatchRefusal)[];
}

export interface BatchAsked {
  readonly order: SignedOrder;
  readonly check_code: string;
  readonly positions: readonly (number)[];
}

export interface BatchItem {
  /** who sent the document round */
  readonly initiator_name: string;
  /** of purpose yunqian.sign-order.v1, of this key, person and origin */
  readonly order: SignedOrder;
}

export interface BatchLine {
  readonly position: number;
  readonly envelope_id: string;
  readonly document_id: string | null;
  readonly title: string;
  readonly initiator_name: string;
  readonly page_count: number;
  readonly head: number;
  readonly document_sha256: string | null;
  readonly is_proposed: boolean;
  /** the page that carries the seal, for a picture of it */
  readonly page: PageBox | null;
  readonly placements: readonly (Placement | PagingPlacement)[];
  readonly state: BatchLineState;
  readonly ceremony_id: string | null;
  /** of the SignOrder that is prepared now */
  readonly order_id: string | null;
  readonly check_code: string | null;
  readonly problem: BatchProblem | null;
}

export type BatchLineState = "left_out" | "ready" | "prepared" | "signed" | "done";

export interface BatchOrder {
  readonly purpose?: "yunqian.batch-order.v1";
  readonly order_id: string;
  /** origin of the platform's pages, scheme://host[:port] */
  readonly origin: string;
  readonly tenant_name: string;
  readonly person_name: string;
  /** SHA-256 of the certificate's DER */
  readonly certificate_sha256: string;
  readonly certificate_owner: string;
  /** suite name, as in crypto.suites */
  readonly algorithm: string;
  readonly items: readonly (BatchItem)[];
  readonly nonce: string;
  readonly issued_at: string;
  readonly expires_at: string;
}

export interface BatchOutcome {
  /** of the SignOrder */
  readonly order_id: string;
  readonly result?: SignResult | null;
  readonly problem?: ProblemReport | null;
}

export type BatchPlace = "corner" | "beside";

export interface BatchProblem {
  readonly code: string;
  readonly zh: string;
  readonly en: string;
}

export interface BatchRefusal {
  readonly order_id: string;
  readonly problem: ProblemReport;
}

export interface BatchResult {
  /** of the BatchOrder */
  readonly order_id: string;
  readonly outcomes: readonly (BatchOutcome)[];
}

export interface BatchRule {
  readonly place?: BatchPlace;
  /** a paging seal too, where there are two pages */
  readonly has_paging?: boolean;
  /** the platform's date under the seal */
  readonly has_date?: boolean;
}

export interface BatchTaken {
  readonly results: readonly (SignResult)[];
}

export interface BeginBinding {
  /** DER */
  readonly certificate: string;
  readonly for_organization?: boolean;
}

export interface BeginUpload {
  /** as the person's PC names it; cleaned before it is kept */
  readonly name: string;
  readonly size_bytes: number;
  /** of the whole; checked when all is there, where it was told */
  readonly sha256?: string | null;
}

export interface BindOrder {
  readonly purpose?: "yunqian.bind-order.v1";
  readonly order_id: string;
  /** origin of the platform's pages, scheme://host[:port] */
  readonly origin: string;
  readonly tenant_name: string;
  readonly person_name: string;
  readonly holder_name: string;
  /** SHA-256 of the certificate's DER */
  readonly certificate_sha256: string;
  readonly certificate_owner: string;
  /** suite name, as in crypto.suites */
  readonly algorithm: string;
  readonly nonce: string;
  readonly issued_at: string;
  readonly expires_at: string;
}

export interface BindResult {
  readonly order_id: string;
  /** DER */
  readonly certificate: string;
  /** raw signature value over `bind_statement` */
  readonly proof: string;
}

export interface Binding {
  readonly certificate?: BoundCertificate | null;
  readonly request?: BindingRequest | null;
  readonly replaces?: string | null;
}

export interface BindingRequest {
  readonly id: string;
  readonly state: BindingRequestState;
  readonly sha256: string;
  readonly owner: string;
  readonly subject: string;
  readonly issuer: string;
  readonly not_after_at: string;
  readonly for_organization: boolean;
  readonly person_name: string;
  readonly is_mine: boolean;
  readonly asked_at: string;
  readonly decided_at?: string | null;
  readonly decided_by?: string | null;
  /** why it was refused */
  readonly decision?: string | null;
}

export interface BindingRequestPage {
  readonly items: readonly (BindingRequest)[];
  readonly next_cursor?: string | null;
}

export type BindingRequestState = "asked" | "approved" | "refused" | "withdrawn";

export interface BoundCertificate {
  readonly id: string;
  readonly sha256: string;
  readonly owner: string;
  readonly subject: string;
  readonly issuer: string;
  readonly serial_hex: string;
  readonly not_before_at: string;
  readonly not_after_at: string;
  readonly state: CertificateState;
  readonly bound_at: string;
  /** null: it is the organization's */
  readonly person_name: string | null;
  readonly is_mine: boolean;
  readonly replaced_by?: string | null;
  /** names of the seals that it may apply */
  readonly seals: readonly (string)[];
}

export interface Ceremony {
  readonly id: string;
  readonly envelope_id: string;
  readonly document_id: string;
  readonly state: CeremonyState;
  /** revision number the next order is prepared on */
  readonly base: number;
  readonly orders: readonly (OrderLine)[];
  readonly order: SignedOrder | null;
  readonly check_code: string | null;
}

export type CeremonyState = "open" | "done" | "abandoned";

export interface CertificateEvent {
  readonly kind: string;
  readonly at: string;
  readonly person_name: string | null;
  readonly reason?: string | null;
}

export interface CertificatePage {
  readonly items: readonly (BoundCertificate)[];
  readonly next_cursor?: string | null;
}

export interface CertificateReason {
  readonly reason: string;
}

export interface CertificateShown {
  /** DER */
  readonly certificate: string;
}

export type CertificateState = "bound" | "suspended" | "lost" | "revoked" | "replaced";

export type Channel = "sms" | "mail";

export interface ChooseCertificates {
  readonly certificate_ids: readonly (string)[];
}

export interface ChooseTenant {
  readonly tenant_id: string;
}

export interface CodeSent {
  readonly mobile_masked: string;
  readonly lasts_seconds: number;
  readonly again_after_seconds: number;
}

export interface Contact {
  /** of the seat at which he was addressed */
  readonly id: string;
  readonly name: string;
  /** his organization then, or his number with its middle hidden */
  readonly note: string;
  readonly used_at: string;
}

export interface Counts {
  readonly inbox: ListCount;
  readonly signed: ListCount;
  readonly started: ListCount;
  readonly copied: ListCount;
  /** the person's other organizations in which something waits */
  readonly elsewhere?: readonly (InboxElsewhere)[];
}

export interface DemoAccount {
  readonly account: string;
  readonly password: string;
  readonly mobile: string;
  readonly name: string;
  readonly tenant_name: string;
  readonly note_zh: string;
  readonly note_en: string;
}

export interface Department {
  readonly id: string;
  readonly name: string;
  readonly parent_id: string | null;
  /** active members in it, without those below */
  readonly member_count: number;
}

export interface DeskPage {
  readonly items: readonly (DeskUnlock)[];
  readonly next_cursor?: string | null;
  readonly is_demo: boolean;
}

export interface DeskUnlock {
  readonly id: string;
  readonly state: UnlockState;
  readonly key: NamedKey;
  readonly reason: string;
  readonly person: PersonRef;
  readonly asked_at: string;
  readonly decided_at?: string | null;
  readonly decided_by?: string | null;
  readonly decision?: string | null;
  /** codes that may still be tried */
  readonly tries_left: number;
}

export type DialogKind = "sign" | "sign_batch" | "login" | "bind" | "change_pin" | "unlock" | "enrol" | "store";

export interface DialogOpened {
  readonly dialog_id: string;
  /** address of the client's own page; null where it opened a desktop window */
  readonly window_url: string | null;
}

export type DialogPhase = "waiting" | "signed" | "refused";

export interface DialogState {
  readonly dialog_id: string;
  readonly kind?: DialogKind;
  readonly phase: DialogPhase;
  readonly result?: SignResult | BatchResult | LoginResult | BindResult | EnrolResult | StoreResult | UnlockResult | PinChanged | null;
  readonly problem?: ProblemReport | null;
  readonly last_problem?: ProblemReport | null;
  /** of sign_batch: what is settled already, while the rest still waits */
  readonly outcomes?: readonly (BatchOutcome)[];
}

export interface Document {
  readonly id: string;
  readonly name: string;
  readonly page_count: number;
  /** number of the newest revision; 0 is as sent */
  readonly head: number;
  readonly head_sha256: string;
  readonly size_bytes: number;
}

export interface DocumentPages {
  readonly document_id: string;
  readonly name: string;
  readonly revision: number;
  readonly sha256: string;
  readonly size_bytes: number;
  readonly pages: readonly (PageBox)[];
}

export interface Draft {
  readonly id: string;
  readonly version: number;
  readonly changed_at: string;
  readonly content: DraftContent;
  /** uploads that it names and that are no longer kept */
  readonly gone?: readonly (string)[];
}

export interface DraftContent {
  readonly title?: string;
  readonly uploads?: readonly (Upload)[];
  readonly recipients?: readonly (DraftRecipient)[];
  readonly order?: SigningOrder;
  readonly deadline_at?: string | null;
  readonly remind_before_hours?: number | null;
  readonly remind_every_days?: number | null;
  readonly places?: readonly (PlaceWanted)[];
}

export interface DraftRecipient {
  /** by which the page knows him again */
  readonly id: string;
  readonly name: string;
  readonly account?: string | null;
  readonly mobile?: string | null;
  readonly contact_id?: string | null;
  /** his department or organization */
  readonly note?: string;
  readonly is_copy?: boolean;
  /** seals for the company, after the people */
  readonly is_company?: boolean;
}

export interface Drawn {
  readonly source: "drawn";
  /** diameter or side; null: customary for the kind */
  readonly size_mm?: number | null;
}

export type Edge = "right" | "left" | "top" | "bottom";

export interface EndEnvelope {
  readonly reason: string;
}

export interface Ending {
  readonly id: string;
  readonly proposer: string;
  readonly reason: string;
  readonly state: EndingState;
  readonly proposed_at: string;
  readonly decided_at: string | null;
  readonly voices: readonly (Voice)[];
  /** who has not answered yet */
  readonly waiting_for: readonly (string)[];
  readonly may_answer: boolean;
  readonly may_withdraw: boolean;
}

export type EndingState = "proposed" | "agreed" | "refused" | "withdrawn";

export interface EnrolOrder {
  readonly purpose?: "yunqian.enrol-order.v1";
  readonly order_id: string;
  readonly origin: string;
  readonly tenant_name: string;
  readonly person_name: string;
  readonly key: NamedKey;
  /** suite name, as in crypto.suites */
  readonly algorithm: string;
  /** common name of the request */
  readonly owner: string;
  readonly nonce: string;
  readonly issued_at: string;
  readonly expires_at: string;
}

export interface EnrolResult {
  readonly order_id: string;
  /** PKCS#10, DER */
  readonly request: string;
}

export interface Enrolment {
  readonly id: string;
  readonly state: EnrolmentState;
  readonly key: NamedKey;
  readonly algorithm: string;
  /** whom the certificate will name */
  readonly owner: string;
  readonly started_at: string;
  readonly certificate_sha256?: string | null;
  readonly order?: SignedOrder | null;
}

export type EnrolmentState = "ordered" | "issued" | "stored" | "abandoned";

export interface Entry {
  readonly slug: string;
  readonly name: string;
}

export interface EnvelopeDetail {
  readonly id: string;
  readonly title: string;
  readonly state: EnvelopeState;
  readonly initiator: PersonRef;
  readonly tenant_name: string;
  readonly created_at: string;
  readonly completed_at: string | null;
  readonly deadline_at: string | null;
  readonly documents: readonly (Document)[];
  readonly recipients: readonly (Recipient)[];
  /** who recalled or declined it */
  readonly ended_by?: string | null;
  readonly ended_reason?: string | null;
  readonly may_sign: boolean;
  readonly may_download: boolean;
  readonly may_decline: boolean;
  readonly may_void: boolean;
  readonly may_extend: boolean;
  readonly may_forward: boolean;
  readonly after: AfterSending;
}

export interface EnvelopePage {
  readonly items: readonly (EnvelopeSummary)[];
  readonly next_cursor: string | null;
}

export type EnvelopeState = "open" | "completed" | "voided" | "expired" | "declined";

export interface EnvelopeSummary {
  readonly id: string;
  readonly title: string;
  readonly state: EnvelopeState;
  readonly initiator: PersonRef;
  readonly tenant_name: string;
  readonly created_at: string;
  readonly deadline_at: string | null;
  readonly completed_at: string | null;
  readonly document_count: number;
  readonly page_count: number;
  readonly signed_count: number;
  readonly recipient_count: number;
  readonly my_state: RecipientState | null;
  readonly my_signed_at: string | null;
  /** names of those whose turn it is */
  readonly waiting_for: readonly (string)[];
  /** since when it is the turn of the first of them */
  readonly waiting_since: string | null;
  /** who recalled or declined it */
  readonly ended_by: string | null;
  /** of a search: names of documents with its words, where the title has not all of them */
  readonly found_in?: readonly (string)[];
}

export interface ExtendEnvelope {
  readonly deadline_at: string | null;
}

export interface Finding {
  readonly check: "crypto" | "coverage" | "seal" | "membership" | "trust";
  readonly verdict: Answer;
  readonly zh: string;
  readonly en: string;
}

export interface FinishUpload {
  readonly remove_protection?: boolean;
  readonly keep_form?: boolean;
}

export interface ForwardEnvelope {
  readonly recipients: readonly (RecipientWanted)[];
}

export interface GiveGrant {
  readonly right: Right;
  readonly holder_kind: HolderKind;
  readonly holder_id: string;
  readonly until_at?: string | null;
}

export interface GiveRole {
  readonly member_id: string;
  readonly until_at?: string | null;
}

export interface GiveSeal {
  readonly holder_kind: HolderKind;
  readonly holder_id: string;
  readonly until_at?: string | null;
  readonly needs_approval?: boolean;
}

export interface Grant {
  readonly id: string;
  readonly right: Right;
  readonly holder_kind: HolderKind;
  readonly holder_id: string;
  readonly holder_name: string;
  readonly until_at: string | null;
  readonly granted_at: string;
  readonly granted_by: string | null;
  readonly is_over: boolean;
}

export interface HandOver {
  readonly account: string;
}

export interface HandedOver {
  readonly name: string;
}

export interface Handover {
  readonly from_name: string;
  readonly to_name: string;
  readonly at: string;
}

export interface HeldRole {
  readonly id: string;
  readonly name: string;
  readonly until_at?: string | null;
}

export interface Hello {
  readonly product?: string;
  readonly protocol?: number;
  readonly version: string;
  /** false: the client asks in its own page, which the panel opens */
  readonly has_desktop_window: boolean;
  /** a newer client that who builds clients has signed; the client updates nothing itself */
  readonly newer_version?: string | null;
}

export type HolderKind = "member" | "role" | "department";

export interface InboxElsewhere {
  readonly tenant_id: string;
  readonly inbox: number;
  readonly is_capped: boolean;
}

export interface IncomingUpload {
  readonly id: string;
  readonly name: string;
  readonly size_bytes: number;
  readonly received_bytes: number;
  /** the size of every part but the last, which is what is left */
  readonly part_bytes: number;
  /** another request has intake look at it now */
  readonly is_checking: boolean;
  /** what became of it, once intake accepted it */
  readonly upload: Upload | null;
  readonly expires_at: string;
}

export interface IntakeRemark {
  readonly code: string;
  readonly zh: string;
  readonly en: string;
}

export interface Invitation {
  readonly id: string;
  readonly name: string;
  readonly mobile_masked: string | null;
  readonly department: string | null;
  readonly role: string | null;
  readonly state: InvitationState;
  readonly created_at: string;
  readonly expires_at: string;
  readonly taken_by: string | null;
}

export interface InvitationSecret {
  readonly secret: string;
}

export interface InvitationShown {
  readonly tenant_name: string;
  readonly department: string | null;
  readonly role: string | null;
  readonly expires_at: string;
  readonly is_member: boolean;
}

export type InvitationState = "open" | "taken" | "withdrawn" | "expired";

export interface Invite {
  readonly name?: string;
  readonly mobile?: string | null;
  readonly department_id?: string | null;
  readonly role_id?: string | null;
}

export interface Invited {
  readonly invitation: Invitation;
  readonly link: string;
  /** a short message with the link went out */
  readonly is_sent: boolean;
}

export interface Key {
  readonly serial: string;
  readonly label: string;
  /** pkcs11, skf or soft */
  readonly driver: string;
  /** a soft key for demonstration: told in every dialog */
  readonly is_demo: boolean;
  readonly certificates: readonly (KeyCertificate)[];
  /** PIN tries left; null where the key does not tell */
  readonly tries_left: number | null;
  readonly is_locked?: boolean;
  /** the key says that its factory PIN is still set */
  readonly is_default_pin?: boolean;
  readonly seals?: readonly (KeySeal)[];
  /** what this key can do beside signing: change_pin, unlock, enrol, store */
  readonly acts?: readonly (string)[];
}

export interface KeyCertificate {
  readonly sha256: string;
  readonly der: string;
  readonly owner: string;
  readonly issuer: string;
  readonly serial_hex: string;
  readonly algorithm: string;
  readonly not_before_at: string;
  readonly not_after_at: string;
}

export interface KeyList {
  readonly generation: number;
  readonly keys: readonly (Key)[];
}

export interface KeySeal {
  readonly sha256: string;
  /** the seal's identifier (esID) */
  readonly code: string;
  readonly name: string;
  readonly width_mm: number;
  readonly height_mm: number;
  /** PNG; null where the picture is of another kind or too large */
  readonly picture: string | null;
  readonly not_before_at: string;
  readonly not_after_at: string;
  /** the certificates on this key that the seal is bound to */
  readonly certificates_sha256: readonly (string)[];
}

export interface LaterChange {
  readonly revision: number;
  /** kinds of change, from harmless to grave */
  readonly changes: readonly (string)[];
  readonly zh: string;
  readonly en: string;
  /** whether the signature stands beside it */
  readonly is_allowed: boolean;
}

export interface LeaveMember {
  readonly successor_id?: string | null;
}

export interface ListCount {
  readonly count: number;
  readonly is_capped: boolean;
}

export interface Login {
  readonly account: string;
  readonly password: string;
}

export interface LoginOrder {
  readonly purpose?: "yunqian.login-order.v1";
  readonly order_id: string;
  /** origin of the platform's pages, scheme://host[:port] */
  readonly origin: string;
  readonly platform_name: string;
  /** SHA-256 of the certificate's DER */
  readonly certificate_sha256: string;
  readonly certificate_owner: string;
  /** suite name, as in crypto.suites */
  readonly algorithm: string;
  readonly nonce: string;
  readonly issued_at: string;
  readonly expires_at: string;
}

export interface LoginResult {
  readonly order_id: string;
  /** DER */
  readonly certificate: string;
  readonly signature: string;
}

export type LoginWay = "password" | "certificate" | "phone";

export interface Look {
  readonly reason: string;
  readonly field: PersonalField;
}

export interface LookReason {
  readonly reason: string;
}

export interface MadeTenant {
  readonly tenant: TenantLine;
  readonly invited: Invited;
}

export interface MailCodeSent {
  readonly address_masked: string;
  readonly lasts_seconds: number;
  readonly again_after_seconds: number;
}

export interface MailProof {
  readonly code: string;
}

export interface MakeBatch {
  readonly request_id: string;
  readonly envelope_ids: readonly (string)[];
  readonly certificate_sha256: string;
  readonly seal_id: string;
  readonly rule?: BatchRule;
}

export interface MakeSeal {
  readonly certificate_ids: readonly (string)[];
}

export interface MakeTenant {
  readonly name: string;
  readonly kind: TenantKind;
  readonly slug: string;
  readonly administrator: Invite;
}

export type MarkKind = "seal" | "date" | "paging" | "text";

export interface MarkSummary {
  readonly kind: MarkKind;
  /** name of the seal, or the text of the date */
  readonly name: string;
  /** page numbers from 1 */
  readonly pages: readonly (number)[];
}

export interface Member {
  readonly id: string;
  readonly person_id: string;
  readonly name: string;
  readonly account: string;
  readonly mobile_masked: string | null;
  /** real-name checked with the carrier */
  readonly is_verified: boolean;
  readonly department_id: string | null;
  readonly department: string | null;
  readonly state: MemberState;
  readonly joined_at: string;
  readonly left_at: string | null;
  readonly roles: readonly (HeldRole)[];
  /** what reaches him now, through whatever holder */
  readonly rights: readonly (Right)[];
}

export interface MemberPage {
  readonly items: readonly (Member)[];
  readonly next_cursor: string | null;
  readonly active_count: number;
}

export type MemberState = "active" | "suspended" | "left";

export interface MoveMember {
  readonly department_id: string | null;
}

export interface NamedKey {
  /** pkcs11, skf or soft */
  readonly driver: string;
  readonly serial: string;
  readonly label: string;
}

export interface NextTask {
  readonly next: EnvelopeSummary | null;
  readonly left: ListCount;
}

export interface Notice {
  readonly id: string;
  readonly kind: NoticeKind;
  readonly at: string;
  readonly is_read: boolean;
  readonly envelope_id?: string | null;
  readonly title?: string | null;
  /** who did it */
  readonly by?: string | null;
  /** a seal's name, or the new person of a seat */
  readonly subject?: string | null;
  /** how it was decided */
  readonly is_granted?: boolean | null;
  readonly deadline_at?: string | null;
  /** ways on which it could not be sent */
  readonly given_up?: readonly (Channel)[];
}

export type NoticeKind = "your_turn" | "copied" | "signed" | "completed" | "declined" | "recalled" | "extended" | "sent_on" | "reminded" | "deadline_near" | "expired" | "seat_given" | "seat_moved" | "end_proposed" | "end_refused" | "end_withdrawn" | "ended_together" | "seal_use_decided" | "seal_decided";

export interface NoticePage {
  readonly items: readonly (Notice)[];
  readonly next_cursor: string | null;
}

export interface OpenCeremony {
  readonly document_id: string;
  readonly head: number;
  readonly head_sha256: string;
  readonly placements: readonly (Placement | PagingPlacement)[];
  readonly reading?: Reading | null;
}

export interface OpenSession {
  readonly id: string;
  readonly way: LoginWay;
  readonly address: string;
  readonly browser: string;
  readonly begun_at: string;
  readonly is_current: boolean;
}

export interface OrderLine {
  readonly id: string;
  readonly position: number;
  readonly certificate_sha256: string;
  readonly certificate_owner: string;
  readonly state: OrderState;
}

export type OrderState = "waiting" | "prepared" | "signed" | "embedded" | "dropped";

export interface Organization {
  readonly tenant: Tenant;
  readonly uscc: string;
  readonly legal_representative: string;
  readonly verified_at: string | null;
  /** no true register is connected */
  readonly is_checked_by_sandbox: boolean;
}

export interface PageBox {
  readonly number: number;
  readonly crop_x_pt: number;
  readonly crop_y_pt: number;
  readonly crop_width_pt: number;
  readonly crop_height_pt: number;
  /** 0, 90, 180 or 270, clockwise, as a viewer turns the page */
  readonly rotation: number;
  readonly user_unit?: number;
}

export interface PagingPlacement {
  readonly kind: "paging";
  readonly certificate_sha256: string;
  readonly seal_id: string;
  readonly edge?: Edge;
  /** where the seal's middle lies along the edge: 0 top or left, 1 bottom or right */
  readonly along: number;
  /** pages over which one seal is cut; null: few and equal groups */
  readonly group_size?: number | null;
  /** the part of the seal on the first page of each group; null: as the others */
  readonly first_share?: number | null;
  /** the part of the seal on the last page of each group; null: as the others */
  readonly last_share?: number | null;
  /** pages left out, from 1 */
  readonly skipped?: readonly (number)[];
}

export interface Panel {
  readonly envelope_id: string;
  readonly title: string;
  readonly state: EnvelopeState;
  readonly initiator: PersonRef;
  readonly document: Document;
  /** all of the envelope, in order; each is signed in a session of its own */
  readonly documents: readonly (PanelDocument)[];
  readonly pages: readonly (PageBox)[];
  /** on this document, for this signer */
  readonly proposed?: readonly (ProposedPlace)[];
  readonly seals: readonly (SealChoice)[];
  readonly report: Report;
  /** the platform's date as 2026年11月22日 */
  readonly today_zh: string;
  readonly is_my_turn: boolean;
  readonly waiting_for: readonly (string)[];
  /** an unfinished session of mine that can be resumed */
  readonly ceremony: Ceremony | null;
}

export interface PanelDocument {
  readonly id: string;
  readonly name: string;
  readonly page_count: number;
  /** number of the newest revision; 0 is as sent */
  readonly head: number;
  readonly head_sha256: string;
  readonly size_bytes: number;
  readonly is_signed_by_me: boolean;
}

export interface PersonRef {
  readonly id: string;
  readonly name: string;
  /** only shown to members of the same organization */
  readonly account?: string | null;
  readonly tenant_name?: string | null;
  readonly department?: string | null;
}

export type PersonalField = "mobile" | "id_number";

export interface PersonalValue {
  readonly value: string;
}

export interface PhoneProof {
  /** a mainland mobile number, however spaced */
  readonly mobile: string;
  readonly code: string;
}

export type PictureSource = "drawn" | "scan" | "strokes";

export interface PinChangeAsked {
  readonly key: NamedKey;
}

export interface PinChanged {
  readonly key: NamedKey;
  readonly changed_at: string;
}

export interface PlaceWanted {
  readonly document: number;
  readonly recipient: number;
  readonly kind: MarkKind;
  readonly page: number;
  readonly x_pt: number;
  readonly y_pt: number;
  readonly width_pt: number;
  readonly height_pt: number;
  readonly label?: string;
}

export interface Placement {
  readonly kind: "seal" | "date" | "text";
  readonly page: number;
  readonly x_pt: number;
  readonly y_pt: number;
  readonly width_pt: number;
  readonly height_pt: number;
  readonly certificate_sha256: string;
  /** for kind seal */
  readonly seal_id?: string | null;
  /** for kind date and text */
  readonly text?: string | null;
  /** for kind text */
  readonly size_pt?: number | null;
}

export interface Platform {
  readonly name: string;
  readonly version: string;
  readonly is_demo: boolean;
  readonly demo_accounts?: readonly (DemoAccount)[];
  readonly client_ports: readonly (number)[];
  readonly oldest_client_protocol: number;
  readonly upload_limit_bytes: number;
  /** Word documents are converted to PDF here */
  readonly takes_word: boolean;
  /** what a security client shows when it is paired with this origin (wire.platforms.pairing_code) */
  readonly pairing_code: string;
}

export interface PlatformCard {
  readonly origin: string;
  readonly name: string;
  /** raw Ed25519 public key, 32 bytes */
  readonly order_key: string;
  readonly oldest_protocol: number;
}

export interface Preflight {
  readonly findings: readonly (PreflightFinding)[];
  /** nothing blocks */
  readonly may_send: boolean;
}

export interface PreflightFinding {
  readonly code: string;
  readonly severity: Severity;
  readonly zh: string;
  readonly en: string;
  readonly upload_id?: string | null;
  readonly recipient?: number | null;
  readonly pages?: readonly (number)[];
}

export interface PreflightWanted {
  readonly upload_ids: readonly (string)[];
  readonly recipients?: readonly (RecipientWanted)[];
  readonly deadline_at?: string | null;
}

export interface Prepared {
  readonly path: string;
  readonly size: number;
  readonly byte_range: readonly (number)[];
}

export interface PreviewSeal {
  readonly kind: SealKind;
  readonly filing_number?: string | null;
  readonly picture: Drawn | Strokes;
}

export interface ProblemReport {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly facts: Readonly<Record<string, string | number | number | boolean | null>>;
  readonly zh: string;
  readonly en: string;
  readonly fault: string;
  readonly is_retriable: boolean;
}

export interface Profile {
  readonly name: string;
  readonly account: string;
  readonly mobile_masked: string | null;
  readonly id_number_masked: string | null;
  readonly mail_masked: string | null;
  /** this installation sends mail */
  readonly has_mail: boolean;
  /** a stand-in catches it, as in a demonstration */
  readonly is_mail_caught: boolean;
  readonly verified_at: string | null;
  readonly has_password: boolean;
  /** what asks for a fresh proof asks for none just now */
  readonly is_proved_lately: boolean;
}

export interface ProposedPlace {
  readonly id: string;
  readonly kind: MarkKind;
  readonly page: number;
  readonly x_pt: number;
  readonly y_pt: number;
  readonly width_pt: number;
  readonly height_pt: number;
  readonly label?: string | null;
}

export interface PublicCode {
  /** as people read it, in groups of four */
  readonly code: string;
  /** the open page with the facts */
  readonly address: string;
  /** the address as a QR code (ISO/IEC 18004) */
  readonly qr_svg: string;
}

export interface PublicDocument {
  readonly position: number;
  readonly page_count: number;
  /** of the newest revision */
  readonly sha256: string;
  /** of the revisions before it, oldest first */
  readonly earlier_sha256s: readonly (string)[];
  /** when the newest revision came to be */
  readonly changed_at: string;
}

export interface PublicFacts {
  readonly code: string;
  readonly state: EnvelopeState;
  readonly started_at: string;
  readonly completed_at: string | null;
  readonly documents: readonly (PublicDocument)[];
  readonly signers: readonly (PublicSigner)[];
}

export interface PublicSignature {
  readonly signer: string;
  readonly at: string | null;
  /** the time is attested by a time-stamp authority, not claimed */
  readonly is_stamped: boolean;
  readonly is_timestamp: boolean;
  readonly verdict: Verdict;
  /** crypto, coverage, seal, membership, trust */
  readonly answers: readonly (Answer)[];
}

export interface PublicSigner {
  readonly name: string;
  readonly organization: string | null;
  readonly state: RecipientState;
  readonly signed_at: string | null;
}

export interface PublicVerdict {
  readonly sha256: string;
  /** null for a document that nobody has signed yet */
  readonly verdict: Verdict | null;
  readonly signatures: readonly (PublicSignature)[];
  readonly verified_at: string;
}

export interface ReadNotices {
  readonly ids?: readonly (string)[];
}

export interface Reading {
  readonly pages: number;
  readonly seconds: number;
}

export interface Recipient {
  readonly id: string;
  readonly person: PersonRef;
  readonly turn: number;
  readonly state: RecipientState;
  readonly is_me: boolean;
  readonly signed_at?: string | null;
}

export type RecipientState = "waiting" | "ready" | "signed" | "declined" | "copied";

export interface RecipientWanted {
  readonly account?: string | null;
  readonly mobile?: string | null;
  readonly name?: string | null;
  /** wire.start.Contact */
  readonly contact_id?: string | null;
  readonly turn?: number;
  readonly is_copy?: boolean;
}

export interface RefuseUnlock {
  readonly reason: string;
}

export interface Register {
  /** a mainland mobile number, however spaced */
  readonly mobile: string;
  readonly name: string;
  readonly id_number: string;
  readonly password?: string | null;
  readonly has_agreed: true;
}

export interface Release {
  readonly purpose?: "yunqian.client-release.v1";
  readonly version: string;
  readonly released_at: string;
  readonly archives: readonly (Archive)[];
}

export interface Report {
  readonly sha256: string;
  readonly page_count: number | null;
  readonly revision_count: number | null;
  readonly verdict: Verdict;
  readonly signatures: readonly (SignatureReport)[];
  readonly notes_zh?: readonly (string)[];
  readonly notes_en?: readonly (string)[];
  readonly verified_at: string;
}

export type Right = "start" | "members" | "seals" | "certificates" | "desk" | "operate";

export interface Role {
  readonly id: string;
  readonly name: string;
  readonly rights: readonly (Right)[];
  readonly member_count: number;
}

export interface SandboxLetter {
  readonly subject: string;
  readonly text: string;
  readonly at: string;
}

export interface SandboxMessage {
  readonly text_zh: string;
  readonly at: string;
}

export interface SaveDraft {
  readonly version: number;
  readonly content: DraftContent;
}

export interface ScanApplication {
  readonly kind: SealKind;
  readonly width_mm: number;
  readonly filing_number?: string | null;
  readonly name: string;
  readonly reason: string;
  readonly valid_until_at?: string | null;
}

export interface ScanPreview {
  readonly kind: SealKind;
  readonly width_mm: number;
}

export interface Seal {
  readonly id: string;
  readonly name: string;
  readonly kind: SealKind;
  readonly is_personal: boolean;
  readonly owner_name: string;
  readonly state: SealState;
  readonly since_at: string;
  readonly picture: SealPicture;
  readonly filing_number: string | null;
  readonly public_code: string;
  readonly valid_until_at: string | null;
  readonly created_at: string;
  /** there is a seal object signed by the seal maker (GB/T 38540) */
  readonly is_made: boolean;
  /** each of my uses is asked for first */
  readonly needs_approval: boolean;
  readonly may_manage: boolean;
  /** owners of the certificates that may apply it */
  readonly certificates: readonly (string)[];
}

export interface SealApplication {
  readonly id: string;
  readonly state: SealApplicationState;
  readonly kind: SealKind;
  readonly is_personal: boolean;
  readonly name: string;
  readonly filing_number: string | null;
  readonly source: PictureSource;
  readonly picture: SealPicture;
  readonly reason: string;
  readonly valid_until_at: string | null;
  readonly person_name: string;
  readonly is_mine: boolean;
  readonly applied_at: string;
  readonly decided_at?: string | null;
  readonly decided_by?: string | null;
  readonly decision?: string | null;
  readonly seal_id?: string | null;
}

export interface SealApplicationPage {
  readonly items: readonly (SealApplication)[];
  readonly next_cursor?: string | null;
}

export type SealApplicationState = "applied" | "approved" | "refused" | "made" | "withdrawn";

export interface SealCertificateChoice {
  readonly id: string;
  readonly sha256: string;
  readonly owner: string;
  /** null: it is the organization's */
  readonly person_name: string | null;
  readonly not_after_at: string;
}

export interface SealChoice {
  readonly id: string;
  readonly name: string;
  /** official, contract, finance, legal_representative, signature, name */
  readonly kind: string;
  readonly owner_name: string;
  readonly width_mm: number;
  readonly height_mm: number;
  readonly picture_png: string;
  readonly certificate_sha256s: readonly (string)[];
  /** each of my uses is asked for first */
  readonly needs_approval?: boolean;
}

export interface SealEvent {
  readonly kind: string;
  readonly at: string;
  readonly person_name: string | null;
  readonly reason?: string | null;
}

export interface SealGrant {
  readonly id: string;
  readonly holder_kind: HolderKind;
  readonly holder_id: string;
  readonly holder_name: string;
  readonly until_at: string | null;
  readonly needs_approval: boolean;
  readonly granted_at: string;
  readonly granted_by: string | null;
  readonly is_over: boolean;
}

export interface SealHolder {
  readonly kind: HolderKind;
  readonly id: string;
  readonly name: string;
}

export type SealKind = "official" | "contract" | "finance" | "legal_representative" | "signature" | "name";

export interface SealPage {
  readonly items: readonly (Seal)[];
  readonly next_cursor?: string | null;
}

export interface SealPicture {
  readonly picture_png: string;
  readonly width_mm: number;
  readonly height_mm: number;
}

export interface SealReason {
  readonly reason: string;
}

export type SealState = "in_use" | "frozen" | "cancelled" | "expired";

export interface SealStatus {
  readonly public_code: string;
  readonly kind: SealKind;
  readonly name: string;
  readonly owner_name: string;
  readonly state: SealState;
  readonly since_at: string;
  readonly filing_number: string | null;
}

export interface SealUse {
  readonly id: string;
  readonly at: string;
  readonly seal_id: string;
  readonly seal_name: string;
  readonly envelope_id: string;
  readonly envelope_title: string;
  readonly document_name: string;
  readonly revision: number;
  readonly person_name: string;
  readonly certificate_owner: string;
  readonly certificate_sha256: string;
}

export interface SealUseApproval {
  readonly id: string;
  readonly state: SealUseApprovalState;
  readonly seal_id: string;
  readonly seal_name: string;
  readonly envelope_id: string;
  readonly envelope_title: string;
  readonly person_name: string;
  readonly is_mine: boolean;
  readonly reason: string;
  readonly asked_at: string;
  readonly decided_at?: string | null;
  readonly decided_by?: string | null;
  readonly decision?: string | null;
}

export interface SealUseApprovalPage {
  readonly items: readonly (SealUseApproval)[];
  readonly next_cursor?: string | null;
}

export type SealUseApprovalState = "asked" | "approved" | "refused" | "used";

export interface SealUsePage {
  readonly items: readonly (SealUse)[];
  readonly next_cursor?: string | null;
}

export interface Session {
  readonly person: PersonRef;
  readonly tenant: Tenant;
  readonly tenants: readonly (Tenant)[];
  readonly rights: readonly (Right)[];
  /** value for the X-CSRFToken header of every write */
  readonly csrf: string;
}

export interface SetPassword {
  readonly password: string;
}

export type Severity = "block" | "warn" | "ok";

export interface SignOrder {
  readonly purpose?: "yunqian.sign-order.v1";
  readonly order_id: string;
  readonly ceremony_id: string;
  /** which key of the session this is, from 1 */
  readonly position: number;
  /** how many keys sign in this session */
  readonly total: number;
  /** origin of the platform's pages, scheme://host[:port] */
  readonly origin: string;
  readonly tenant_name: string;
  readonly person_name: string;
  readonly title: string;
  readonly page_count: number;
  /** SHA-256 of the revision that the person saw */
  readonly document_sha256: string;
  readonly marks: readonly (MarkSummary)[];
  /** SHA-256 of the certificate's DER */
  readonly certificate_sha256: string;
  readonly certificate_owner: string;
  /** suite name, as in crypto.suites, e.g. RSA_SHA256 */
  readonly algorithm: string;
  /** DER SET OF signed attributes (RFC 5652 §5.4) */
  readonly to_be_signed: string;
  /** for the client's own look at the pages */
  readonly prepared?: Prepared | null;
  readonly nonce: string;
  readonly issued_at: string;
  readonly expires_at: string;
}

export interface SignResult {
  readonly order_id: string;
  readonly certificate_sha256: string;
  /** raw signature value: PKCS#1 v1.5 block, or DER SEQUENCE{r,s} */
  readonly signature: string;
}

export interface SignatureReport {
  readonly fields: readonly (string)[];
  readonly pages: readonly (number)[];
  readonly signer: string;
  readonly issuer: string;
  readonly certificate_sha256: string | null;
  /** the time the signer's software wrote: a claim */
  readonly claimed_at: string | null;
  /** the time a trusted time-stamp authority attests */
  readonly stamped_at: string | null;
  /** the earliest time at which a trusted authority attests that the signature was there */
  readonly proven_at: string | null;
  readonly algorithm: string | null;
  /** which revision of the file it signed, from 1 */
  readonly revision: number | null;
  /** how long the file was when it was signed */
  readonly signed_bytes: number | null;
  /** a document time stamp: it attests a time and nobody's will */
  readonly is_timestamp: boolean;
  readonly verdict: Verdict;
  /** crypto, coverage, seal, membership, trust, in this order */
  readonly findings: readonly (Finding)[];
  /** every later revision, what it changed */
  readonly later: readonly (LaterChange)[];
}

export interface SignedOrder {
  /** a StoreOrder carries seals with their pictures */
  readonly payload: string;
  readonly signature: string;
}

export interface SignedRelease {
  readonly payload: string;
  readonly signature: string;
}

export type SigningOrder = "together" | "in_turn" | "personal_first";

export interface StartEnrolment {
  readonly key: NamedKey;
  /** suite name, as in crypto.suites */
  readonly algorithm: string;
}

export interface StartEnvelope {
  readonly upload_ids: readonly (string)[];
  readonly title: string;
  readonly recipients: readonly (RecipientWanted)[];
  readonly deadline_at?: string | null;
  /** before the deadline */
  readonly remind_before_hours?: number | null;
  readonly remind_every_days?: number | null;
  readonly places?: readonly (PlaceWanted)[];
  /** the draft that it was; it goes */
  readonly draft_id?: string | null;
}

export interface StepUp {
  readonly password?: string | null;
  readonly code?: string | null;
}

export interface StoreOrder {
  readonly purpose?: "yunqian.store-order.v1";
  readonly order_id: string;
  readonly origin: string;
  readonly tenant_name: string;
  readonly person_name: string;
  readonly key: NamedKey;
  /** DER; null where only seals are written */
  readonly certificate: string | null;
  /** DER, GB/T 38540-2020 SESeal */
  readonly seals: readonly (string)[];
  readonly nonce: string;
  readonly issued_at: string;
  readonly expires_at: string;
}

export interface StoreResult {
  readonly order_id: string;
  readonly certificate_sha256: string | null;
  readonly seals_sha256: readonly (string)[];
}

export interface Strokes {
  readonly source: "strokes";
  readonly strokes: readonly (readonly (readonly [number, number, number])[])[];
  readonly width_mm?: number;
}

export interface SuspendTenant {
  readonly reason: string;
}

export interface Tenant {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly kind: TenantKind;
}

export type TenantKind = "company" | "government" | "authority" | "operator" | "person";

export interface TenantLine {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly kind: TenantKind;
  readonly state: TenantState;
  readonly uscc: string;
  readonly verified_at: string | null;
  readonly created_at: string;
  readonly is_demo: boolean;
}

export interface TenantPage {
  readonly items: readonly (TenantLine)[];
  readonly next_cursor: string | null;
}

export type TenantState = "active" | "suspended";

export interface Unlock {
  readonly id: string;
  readonly state: UnlockState;
  readonly key: NamedKey;
  readonly code: string;
  readonly reason: string;
  readonly asked_at: string;
  readonly decided_at?: string | null;
  /** why it was refused */
  readonly decision?: string | null;
  readonly good_until_at?: string | null;
  readonly order?: SignedOrder | null;
}

export interface UnlockOrder {
  readonly purpose?: "yunqian.unlock-order.v1";
  readonly order_id: string;
  readonly origin: string;
  readonly tenant_name: string;
  readonly person_name: string;
  readonly key: NamedKey;
  /** of the request that this answers */
  readonly public_key: string;
  /** see crypto.sealed_box */
  readonly sealed: string;
  readonly nonce: string;
  readonly issued_at: string;
  readonly expires_at: string;
}

export interface UnlockRequest {
  readonly key: NamedKey;
  readonly public_key: string;
  readonly code: string;
}

export interface UnlockResult {
  readonly order_id: string;
  readonly unlocked_at: string;
}

export type UnlockState = "asked" | "approved" | "refused" | "released" | "done" | "closed" | "withdrawn";

export interface Unread {
  readonly count: number;
  readonly is_more: boolean;
}

export interface Upload {
  readonly id: string;
  readonly name: string;
  readonly page_count: number;
  readonly size_bytes: number;
  readonly sha256: string;
  readonly remarks?: readonly (IntakeRemark)[];
}

export type Verdict = "valid" | "invalid" | "indeterminate";

export interface VerifyOrganization {
  readonly uscc: string;
  readonly legal_representative: string;
}

export interface Voice {
  readonly name: string;
  readonly is_agreed: boolean;
  readonly reason?: string | null;
  readonly at: string;
}

export interface WriteDepartment {
  readonly name: string;
  readonly parent_id?: string | null;
}

export interface WriteRole {
  readonly name: string;
  readonly rights: readonly (Right)[];
}
