"""SVG by hand, as little as it takes: text, rectangles, and Grafana's colours."""

from html import escape

FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
PAGE, PANEL, EDGE, GRID = "#111217", "#181b1f", "#2c2f36", "#2a2d34"
TEXT, QUIET = "#ccccdc", "#8e8e99"
_NAMED = {
    "green": "#73bf69",
    "orange": "#ff9830",
    "red": "#f2495c",
    "blue": "#5794f2",
    "purple": "#b877d9",
    "text": TEXT,
    "transparent": "none",
}
PALETTE = (
    "#73bf69", "#f2cc0c", "#8ab8ff", "#ff780a", "#f2495c",
    "#5794f2", "#b877d9", "#705da0", "#96d98d", "#fade2a",
)  # fmt: skip


def ink(color: str) -> str:
    """The colour of a Grafana name, or the colour itself."""
    return _NAMED.get(color, color) or TEXT


def text(  # noqa: PLR0913 - what SVG's text has
    at: tuple[float, float],
    content: str,
    *,
    size: float = 12,
    color: str = TEXT,
    anchor: str = "start",
    bold: bool = False,
    room: float | None = None,
) -> str:
    """A line of text; `room` is how wide it may get before it is cut short."""
    if room is not None:
        content = shortened(content, size=size, room=room)
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" font-size="{size:g}" fill="{color}" '
        f'text-anchor="{anchor}"{weight}>{escape(content)}</text>'
    )


def box(
    at: tuple[float, float], size: tuple[float, float], color: str, *, edge: str = "", round_: float = 0
) -> str:
    """A rectangle."""
    stroke = f' stroke="{edge}"' if edge else ""
    return (
        f'<rect x="{at[0]:.1f}" y="{at[1]:.1f}" width="{max(size[0], 0):.1f}" height="{max(size[1], 0):.1f}" '
        f'rx="{round_:g}" fill="{color}"{stroke}/>'
    )


def width_of(content: str, size: float) -> float:
    """About how wide a text gets: the mean width of a letter of Liberation Sans is half its size."""
    return sum(0.28 if letter in " .,:;il|'/" else 0.56 for letter in content) * size


def shortened(content: str, *, size: float, room: float) -> str:
    """The text, or as much of it as fits with an ellipsis."""
    if width_of(content, size) <= room:
        return content
    while content and width_of(content + "…", size) > room:
        content = content[:-1]
    return content + "…"
