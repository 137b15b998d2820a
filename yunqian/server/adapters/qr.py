"""QR codes (ISO/IEC 18004) as SVG."""

import segno

_BORDER = 4  # modules; readers want no less


def svg(text: str) -> str:
    """A QR code that still reads with 15 % of it damaged, as one `<svg>` that takes the size it is given."""
    code = segno.make_qr(text, error="m")
    drawn: str = code.svg_inline(border=_BORDER, omitsize=True, light="#ffffff")
    return drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
