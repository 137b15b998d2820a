"""yunqian (云签): contracts signed with the signer's own keys."""

__version__ = "0.1.0"
