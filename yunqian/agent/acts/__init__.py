"""What the client does with a key: one kind of act in one file, each named by `wire.keys.DialogKind`.

| file | order | the person enters | the key |
|---|---|---|---|
| `sign` | SignOrder | PIN | signs the attributes of a document's signature |
| `sign_batch` | BatchOrder | consent and PIN | signs the attributes of each of several documents |
| `login` | LoginOrder | PIN | signs the statement that the client makes of the order |
| `bind` | BindOrder | PIN | signs the statement that the client makes of the order |
| `enrol` | EnrolOrder | PIN | makes a key pair and a request for a certificate |
| `store` | StoreOrder | PIN | takes up a certificate and seal objects |
| `unlock` | UnlockOrder, after `unlocks` asked for it | a new PIN, twice | gets it by the administrator's PIN |
| `change_pin` | none | the old PIN, a new one twice | gets the new one |
"""

from collections.abc import Sequence

from yunqian.agent.acts.act import Act, Secret, Target, Tools
from yunqian.agent.acts.bind import Bind
from yunqian.agent.acts.change_pin import ChangePin
from yunqian.agent.acts.enrol import Enrol
from yunqian.agent.acts.login import Login
from yunqian.agent.acts.sign import Sign
from yunqian.agent.acts.sign_batch import SignBatch
from yunqian.agent.acts.store import Store
from yunqian.agent.acts.unlock import Unlock
from yunqian.agent.orders import Genuine, Order
from yunqian.wire.batch_orders import BatchOrder
from yunqian.wire.key_orders import EnrolOrder, StoreOrder
from yunqian.wire.orders import BindOrder, LoginOrder, SignOrder

__all__ = [
    "Act",
    "Bind",
    "ChangePin",
    "Enrol",
    "Login",
    "Secret",
    "Sign",
    "SignBatch",
    "Store",
    "Target",
    "Tools",
    "Unlock",
    "of",
]


def of(order: Order, tools: Tools, *, parts: Sequence[Genuine] = ()) -> Act:
    """The act that an order asks for; `parts` are the orders that stand in it.

    Raises Refused where what it carries can be read by nobody.
    """
    if isinstance(order, BatchOrder):
        return SignBatch(order, parts, tools)
    if isinstance(order, SignOrder):
        return Sign(order, tools)
    if isinstance(order, LoginOrder):
        return Login(order, tools)
    if isinstance(order, BindOrder):
        return Bind(order, tools)
    if isinstance(order, EnrolOrder):
        return Enrol(order, tools)
    if isinstance(order, StoreOrder):
        return Store(order, tools)
    return Unlock(order, tools)
