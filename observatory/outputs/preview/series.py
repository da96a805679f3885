"""Answers to a panel's queries, as the lines and cells that it shows."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from observatory.measurement import Answer
from observatory.outputs.preview.reading import Asked, PanelView

_LABEL = re.compile(r"{{\s*(\w+)\s*}}")


@dataclass(frozen=True, slots=True)
class Line:
    """One series of a panel, by the name that its legend gives it."""

    name: str
    labels: Mapping[str, str]
    points: Sequence[tuple[int, float]]
    """Unix seconds and values, never NaN."""

    @property
    def last(self) -> float:
        """The newest value."""
        return self.points[-1][1]


Cell = str | float


@dataclass(slots=True)
class Row:
    """A row of a table on its way to completion."""

    labels: dict[str, str]
    values: dict[str, float] = field(default_factory=dict)


def lines_of(panel: PanelView, answers: Sequence[Answer]) -> list[Line]:
    """Every series of every query; those without a value are left out."""
    found = []
    for asked, answer in zip(panel.asked, answers, strict=True):
        points: list[list[tuple[int, float]]] = [[] for _ in answer.labels]
        for series, time, value in zip(answer.series, answer.times, answer.values, strict=True):
            if not math.isnan(value):
                points[series].append((int(time), float(value)))
        found += [
            Line(_name(asked, labels), labels, of)
            for labels, of in zip(answer.labels, points, strict=True)
            if of
        ]
    return found


def _name(asked: Asked, labels: Mapping[str, str]) -> str:
    if asked.legend != "__auto":
        return _LABEL.sub(lambda found: labels.get(found[1], ""), asked.legend).strip()
    return ", ".join(f"{name}={value}" for name, value in labels.items() if name != "__name__")


def rows_of(panel: PanelView, answers: Sequence[Answer]) -> tuple[list[str], list[list[Cell | None]]]:
    """The headings and rows of a table after Grafana's `merge` and `organize`, and its sorting."""
    columns = panel.columns
    if columns is None:
        return [], []
    rows: list[Row] = []
    for asked, answer in zip(panel.asked, answers, strict=True):
        for labels, value in zip(answer.labels, answer.values, strict=True):
            _merge(rows, dict(labels), f"Value #{asked.ref}", float(value))
    shown = [name for name in columns.order if not panel.overrides.get(name, panel.style).is_hidden]
    shown = [name for name in shown if name not in columns.hidden]
    headings = [columns.names.get(name, name) for name in shown]
    cells: list[list[Cell | None]] = [[_cell(row, name) for name in shown] for row in rows]
    if columns.sorted_by in headings:
        at = headings.index(columns.sorted_by)
        cells.sort(key=lambda row: (not isinstance(row[at], float), row[at] or 0.0))
    return headings, cells


def _cell(row: Row, name: str) -> Cell | None:
    value = row.values.get(name)
    if value is not None:
        return None if math.isnan(value) else value
    return row.labels.get(name)


def _merge(rows: list[Row], labels: dict[str, str], column: str, value: float) -> None:
    """Into the first row with nothing against it: no common label differs, and the column is still empty."""
    for row in rows:
        if column not in row.values and all(
            row.labels.get(name, text) == text for name, text in labels.items()
        ):
            row.labels |= labels
            row.values[column] = value
            return
    rows.append(Row(labels, {column: value}))
