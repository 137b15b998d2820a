"""The door: who asks (actor), what is known about him (facts), and fetch + check + lock in one call (permit)."""
