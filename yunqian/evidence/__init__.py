"""Proofs as pure formats, checkable without the platform that made them."""
