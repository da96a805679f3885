"""A dashboard as a picture: what Grafana would show, drawn without one, for a pull request."""

from observatory.outputs.preview.page import html, picture
from observatory.outputs.preview.reading import Board, PanelView, TimeRange, read

__all__ = ["Board", "PanelView", "TimeRange", "html", "picture", "read"]
