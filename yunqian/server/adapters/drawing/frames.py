"""How a drawn page travels from the child to its parent."""

import struct

FRAME = struct.Struct(">IIII")
"""Number of the page, width and height in pixels, and how many bytes of WebP follow."""
TALLEST = 4
"""A picture is at most so many times as high as wide; a longer page is drawn narrower."""
