"""What a later revision changed: the answer to "what happened after this signature".

Conservative: only what is understood gets a harmless name, everything else is UNDEFINED. The document is read
by cross-reference sections, so that the work is proportional to each update, not to the document.
"""

from yunqian.engine.changes.comparison import Comparisons
from yunqian.engine.changes.pair import Change, Difference
from yunqian.engine.changes.states import Store
from yunqian.engine.changes.values import Unsound
from yunqian.engine.changes.wording import sentence

__all__ = ["Change", "Comparisons", "Difference", "Store", "Unsound", "sentence"]
