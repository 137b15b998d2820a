"""Judging a document that a stranger brought, in a process of its own."""
