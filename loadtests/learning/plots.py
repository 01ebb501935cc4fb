"""Small line charts as SVG, written by hand so that nothing need be installed to see a result."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 60, 20, 40, 50
COLOURS = ("#1f6feb", "#c2410c", "#15803d", "#7e22ce")
TICKS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Points from left to right; a dot each, larger where it weighs more (0 to 1)."""

    name: str
    points: Sequence[tuple[float, float]]
    weights: Sequence[float] = ()
    dashed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """What is on an axis, and from where to where."""

    name: str
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart; `band` is a range of y that is shaded."""

    title: str
    x: Axis
    y: Axis
    lines: Sequence[Line]
    band: tuple[float, float] | None = None


def write(path: Path, chart: Chart) -> None:
    """The chart as a file."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(drawn(chart), encoding="utf-8")


def drawn(chart: Chart) -> str:
    """The chart as SVG."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12" role="img">',
        f"<title>{escape(chart.title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="22" font-size="15">{escape(chart.title)}</text>',
    ]
    if chart.band:
        low, high = (_down(chart, value) for value in chart.band)
        parts.append(
            f'<rect x="{LEFT}" y="{high:.1f}" width="{WIDTH - LEFT - RIGHT}" height="{low - high:.1f}" fill="#dcfce7"/>'
        )
    parts += _grid(chart)
    for place, line in enumerate(chart.lines):
        parts += _line(chart, line, COLOURS[place % len(COLOURS)], place)
    return "\n".join([*parts, "</svg>", ""])


def _grid(chart: Chart) -> list[str]:
    parts = []
    for step in range(TICKS + 1):
        y = chart.y.low + (chart.y.high - chart.y.low) * step / TICKS
        x = chart.x.low + (chart.x.high - chart.x.low) * step / TICKS
        down, across = _down(chart, y), _across(chart, x)
        parts += [
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{down:.1f}" y2="{down:.1f}" stroke="#ddd"/>',
            f'<text x="{LEFT - 6}" y="{down + 4:.1f}" text-anchor="end">{y:.3g}</text>',
            f'<text x="{across:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{x:.3g}</text>',
        ]
    middle = (TOP + HEIGHT - BOTTOM) / 2
    return [
        *parts,
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">{escape(chart.x.name)}</text>',
        f'<text x="16" y="{middle}" text-anchor="middle" transform="rotate(-90 16 {middle})">{escape(chart.y.name)}</text>',
    ]


def _line(chart: Chart, line: Line, colour: str, place: int) -> list[str]:
    at = [(_across(chart, x), _down(chart, y)) for x, y in line.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
    dash = ' stroke-dasharray="6 4"' if line.dashed else ""
    legend = TOP + 14 + 18 * place
    dots = [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{2 + 6 * weight:.1f}" fill="{colour}"/>'
        for (x, y), weight in zip(at, line.weights, strict=False)
    ]
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>',
        *dots,
        f'<line x1="{LEFT + 12}" x2="{LEFT + 40}" y1="{legend - 4}" y2="{legend - 4}" stroke="{colour}" stroke-width="2"{dash}/>',
        f'<text x="{LEFT + 46}" y="{legend}">{escape(line.name)}</text>',
    ]


def _across(chart: Chart, x: float) -> float:
    return LEFT + (x - chart.x.low) / (chart.x.high - chart.x.low) * (WIDTH - LEFT - RIGHT)


def _down(chart: Chart, y: float) -> float:
    return (
        HEIGHT
        - BOTTOM
        - (y - chart.y.low) / (chart.y.high - chart.y.low) * (HEIGHT - TOP - BOTTOM)
    )
