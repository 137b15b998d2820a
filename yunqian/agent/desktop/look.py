"""How the window looks: the colours of the client's own page, and the shield."""

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QBrush, QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap

BLUE, AMBER = "#1d4ed8", "#b45309"

STYLE = """
QDialog, #lines, #said, QScrollArea, QScrollArea > QWidget > QWidget { background: #ffffff; }
QWidget { font-family: "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif;
  font-size: 14px; color: #1f2933; }
#top { border: 0; border-bottom: 1px solid #e4e7eb; background: #ffffff; }
#title { font-size: 15px; font-weight: 600; }
#position { background: #eff4ff; color: #1d4ed8; border-radius: 10px; padding: 2px 9px; font-size: 12px; }
#label { color: #697683; }
#hint, #tries, #clock { color: #697683; font-size: 12px; }
#clock[soon="true"] { color: #b91c1c; }
#code { font-family: "DejaVu Sans Mono", Consolas, monospace; font-size: 22px; font-weight: 600; letter-spacing: 2px; }
#chip { background: #fff7ed; color: #b45309; border-radius: 10px; padding: 2px 9px; font-size: 12px; }
#paired { background: #ecfdf3; color: #15803d; border-radius: 10px; padding: 2px 9px; font-size: 12px; }
#banner { padding: 8px 12px; border-radius: 6px; background: #fff7ed; color: #b45309; }
#banner[tone="bad"] { background: #fef2f2; color: #b91c1c; }
#banner[tone="good"] { background: #ecfdf3; color: #15803d; }
#lastTry { padding: 8px 10px; border-radius: 6px; background: #fff7ed; color: #b45309; }
#pages { background: #e9edf2; border: 0; border-right: 1px solid #e4e7eb; }
#pages QScrollArea, #pages QScrollArea > QWidget > QWidget { background: #e9edf2; }
QLineEdit { font-size: 16px; padding: 8px 11px; border: 1px solid #9aa5b1; border-radius: 6px; background: #ffffff; }
QLineEdit:focus { border: 2px solid #1d4ed8; padding: 7px 10px; }
QPushButton { min-height: 22px; padding: 6px 16px; border: 1px solid #cbd2d9; border-radius: 6px; background: #ffffff; }
QPushButton:hover { background: #f5f7fa; }
QPushButton:focus { border: 2px solid #1d4ed8; padding: 5px 15px; }
QPushButton#confirm { background: #1d4ed8; border-color: #1d4ed8; color: #ffffff; font-weight: 600; min-width: 70px; }
QPushButton#confirm:hover { background: #1e40af; }
QPushButton#confirm:focus { border: 2px solid #93b4ff; }
QPushButton:disabled { color: #9aa5b1; background: #f5f7fa; border-color: #e4e7eb; }
QPushButton#confirm:disabled { background: #a5b8ef; border-color: #a5b8ef; color: #ffffff; }
QPushButton#step { min-height: 16px; padding: 3px 9px; font-size: 12px; }
QPushButton#language { border: 0; color: #52606d; font-size: 12px; padding: 2px 4px; min-height: 0; }
#endSign { font-size: 34px; font-weight: 600; border-radius: 32px; background: #fff7ed; color: #b45309; }
#endSign[tone="good"] { background: #ecfdf3; color: #15803d; }
#endSign[tone="bad"] { background: #fef2f2; color: #b91c1c; }
#endTitle { font-size: 18px; font-weight: 600; }
#endText { color: #52606d; }
"""


def shield(size: int = 64) -> QPixmap:
    """The shield with a tick, as on the client's own page."""
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(size / 24, size / 24)
    outline = QPainterPath(QPointF(12, 2))
    outline.lineTo(4, 5)
    outline.lineTo(4, 11)
    outline.cubicTo(4, 16, 7.4, 20.3, 12, 22)
    outline.cubicTo(16.6, 20.3, 20, 16, 20, 11)
    outline.lineTo(20, 5)
    outline.closeSubpath()
    painter.fillPath(outline, QBrush(QColor(BLUE)))
    painter.setPen(QPen(QColor("white"), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawPolyline([QPointF(8.5, 12), QPointF(11, 14.5), QPointF(15.5, 9.5)])
    painter.end()
    return pixmap


def icon() -> QIcon:
    """The shield in the sizes that trays and task bars ask for."""
    made = QIcon()
    for size in (16, 24, 32, 64):
        made.addPixmap(shield(size))
    return made
