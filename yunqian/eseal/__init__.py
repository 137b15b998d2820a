"""The electronic seal: its picture today, the GB/T 38540 seal object beside it later; no PDF, no OFD."""
