"""The electronic seal: its picture drawn, the object of GB/T 38540 and GM/T 0031 read and judged; no PDF, no OFD."""
