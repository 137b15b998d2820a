"""Sign several documents with one key: one list, one consent, one PIN where the key allows that.

Order: BatchOrder, which holds SignOrders. Each of them was signed by the platform and is checked exactly as if it had
come alone (`acts.sign`); together they are for one certificate, one person and one page, and no two are the same.
The person ticks that he agrees, and enters the PIN. What one document fails by does not stop the others; a key that
is gone, or a PIN that is locked, ends the rest. What was signed stays signed, however the dialog ends.

A key that wants its PIN for every signature is asked with a new one each time: the dialog then waits again.
"""

import base64
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from yunqian.agent import reports
from yunqian.agent.acts import by_certificate
from yunqian.agent.acts.act import Secret, Secrets, Target, Tools
from yunqian.agent.acts.sign import Sign
from yunqian.agent.keys.port import Series
from yunqian.agent.orders import Genuine, in_time
from yunqian.problems import Problem, Refused
from yunqian.wire.batch_orders import BatchOrder, BatchOutcome, BatchResult, batch_code
from yunqian.wire.keys import DialogKind
from yunqian.wire.orders import SignOrder, SignResult

# After these the key itself, or its PIN, is what is wrong; another document would fare no better.
_ENDING = frozenset(
    {Problem.KEY_REMOVED, Problem.KEY_DRIVER_STOPPED, Problem.KEY_TIMED_OUT, Problem.PIN_LOCKED}
)


@dataclass(slots=True)
class Item:
    """One document of the batch, and what became of it.

    `unseen` is why the client could not look at it: it is left out, and told. `result` is what the key gave;
    `is_kept` that it is on disk, before which nobody sees it.
    """

    number: int
    initiator_name: str
    genuine: Genuine
    sign: Sign
    unseen: Refused | None = None
    refusal: Refused | None = None
    result: SignResult | None = None
    is_kept: bool = False

    @property
    def order(self) -> SignOrder:
        """Its own order."""
        return self.sign.order

    @property
    def is_open(self) -> bool:
        """Whether the key may still be asked for it."""
        return self.result is None and self.refusal is None and self.unseen is None

    @property
    def outcome(self) -> BatchOutcome | None:
        """What became of it; None while it is open."""
        if self.result is not None:
            return BatchOutcome(order_id=self.order.order_id, result=self.result)
        if self.refusal is not None:
            return BatchOutcome(order_id=self.order.order_id, problem=reports.of(self.refusal))
        return None


class SignBatch:
    """See `Act`."""

    kind = DialogKind.SIGN_BATCH
    secrets = (Secret.PIN,)

    def __init__(self, order: BatchOrder, parts: Sequence[Genuine], tools: Tools) -> None:
        """Raises Refused(ORDER_NOT_GENUINE) where the parts do not belong together, ATTRIBUTES_NOT_ACCEPTED."""
        self.order = order
        self.items = tuple(_items(order, parts, tools))
        self._tools = tools

    @property
    def check_code(self) -> str:
        """The one code for the list, that page and window both show."""
        return batch_code(item.order.to_be_signed for item in self.items)

    @property
    def facts(self) -> dict[str, str]:
        return {"order_id": self.order.order_id}

    @property
    def is_begun(self) -> bool:
        """Whether anything was signed."""
        return any(item.is_kept for item in self.items)

    @property
    def unseen(self) -> tuple[Item, ...]:
        """What the client could not look at."""
        return tuple(item for item in self.items if item.unseen is not None)

    async def find(self, *, max_age_seconds: float = 0.0) -> Target | None:
        """The key with the order's certificate."""
        sha256 = self.order.certificate_sha256
        return await by_certificate.find(self._tools.ring, sha256, max_age_seconds=max_age_seconds)

    def absent(self) -> Refused:
        return by_certificate.absent(self.order)

    def check(self, target: Target) -> None:
        """Raises what `Sign.check` raises for any of them: a list with one false order in it is not believed."""
        for item in self.items:
            item.sign.check(target)

    async def carry_out(self, target: Target, secrets: Secrets) -> BatchResult:
        """As many signatures as one PIN is good for. What was made stands in `items`, also where this raises.

        Raises what `UsbKey.sign` raises while nothing was signed, PIN_EACH_SIGNATURE where the key wants its PIN
        again, PIN_… for a wrong one at a later document.
        """
        self._leave_out_late()
        late = {item.number for item in self.items if item.refusal is not None}
        while open_ones := [item for item in self.items if item.is_open]:
            series = await self._signed(target, open_ones, secrets)
            for item, value in zip(open_ones, series.values, strict=False):
                self._take(target, item, value)
            if series.stopped is None:
                continue
            failed = open_ones[len(series.values)]
            if series.stopped.problem is Problem.PIN_EACH_SIGNATURE:
                raise self._each_signature()
            failed.refusal = series.stopped
            if series.stopped.problem in _ENDING:
                self._end(series.stopped)
        if not any(item.result is not None for item in self.items):
            raise self._nothing(late)
        return self.result()

    def result(self, refusal: Refused | None = None) -> BatchResult:
        """How it ended for each; what is still open ended by `refusal`."""
        if refusal is not None:
            self._end(refusal)
            for item in self.items:
                if item.result is not None and not item.is_kept:  # the disk failed: nobody may have it
                    item.result, item.refusal = None, refusal
        for item in self.unseen:
            item.refusal = item.refusal or item.unseen
        outcomes = tuple(item.outcome for item in self.items)
        return BatchResult(
            order_id=self.order.order_id, outcomes=tuple(one for one in outcomes if one is not None)
        )

    @property
    def outcomes(self) -> tuple[BatchOutcome, ...]:
        """What is settled already."""
        settled = (item for item in self.items if item.is_kept or item.result is None)
        return tuple(outcome for item in settled if (outcome := item.outcome) is not None)

    def finish(self) -> None:
        """Nothing was kept."""

    async def _signed(self, target: Target, items: Sequence[Item], secrets: Secrets) -> Series:
        suite, certificate = by_certificate.suite_for(self.order, target), by_certificate.held_by(target)
        messages = [item.sign.to_be_signed for item in items]
        try:
            return await target.held.sign_each(certificate, suite, messages, secrets[Secret.PIN])
        except Refused as refusal:
            if any(item.result is not None for item in self.items) and refusal.problem in _ENDING:
                return Series((), refusal)
            raise

    def _take(self, target: Target, item: Item, value: bytes) -> None:
        """What the key gave is checked before it counts; one wrong value is that document's alone."""
        suite, certificate = by_certificate.suite_for(self.order, target), by_certificate.held_by(target)
        try:
            by_certificate.is_right(suite, certificate, item.sign.to_be_signed, value)
        except Refused as refusal:
            item.refusal = refusal
            return
        item.result = SignResult(
            order_id=item.order.order_id,
            certificate_sha256=certificate.sha256,
            signature=base64.b64encode(value).decode(),
        )

    def _leave_out_late(self) -> None:
        """An order whose time is over, while others of the batch still have some."""
        for item in self.items:
            if item.is_open:
                try:
                    in_time(item.order, self._tools.clock())
                except Refused as refusal:
                    item.refusal = refusal

    def _each_signature(self) -> Refused:
        done = sum(item.result is not None for item in self.items)
        left = sum(item.is_open for item in self.items)
        return Refused(Problem.PIN_EACH_SIGNATURE, done=done, left=left)

    def _end(self, refusal: Refused) -> None:
        for item in self.items:
            if item.is_open:
                item.refusal = refusal

    def _nothing(self, late: Set[int]) -> Refused:
        """Why there is no signature at all: as with a single document, the person may try the same again."""
        reasons = [item.refusal or item.unseen for item in self.items]
        for item in self.items:
            if item.number not in late:
                item.refusal = None
        return next((one for one in reasons if one is not None), Refused(Problem.KEY_FAILED, detail="batch"))


def _items(order: BatchOrder, parts: Sequence[Genuine], tools: Tools) -> Iterator[Item]:
    """Each part is an order to sign for the one certificate, person and organization, and is there once."""
    seen: set[str] = set()
    for number, (told, part) in enumerate(zip(order.items, parts, strict=True), 1):
        single = part.order
        if not isinstance(single, SignOrder) or not _is_of(order, single):
            raise Refused(Problem.ORDER_NOT_GENUINE)
        names = {f"order {single.order_id}", f"nonce {single.nonce}", f"attributes {single.to_be_signed}"}
        if names & seen or order.order_id == single.order_id or order.nonce == single.nonce:
            raise Refused(Problem.ORDER_NOT_GENUINE)
        seen |= names
        yield Item(number, told.initiator_name, part, Sign(single, tools))


def _is_of(order: BatchOrder, single: SignOrder) -> bool:
    return (
        order.origin,
        order.tenant_name,
        order.person_name,
        order.certificate_sha256,
        order.algorithm,
    ) == (
        single.origin,
        single.tenant_name,
        single.person_name,
        single.certificate_sha256,
        single.algorithm,
    )
