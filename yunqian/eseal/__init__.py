"""The electronic seal: its picture drawn, the object of GB/T 38540 or GM/T 0031 made, read, judged; no PDF, no OFD."""
