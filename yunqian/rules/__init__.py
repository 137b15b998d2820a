"""Decisions on plain values: what may follow what, who may do what, whose turn it is."""
