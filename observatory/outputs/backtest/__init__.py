"""A backtest as text, Markdown, JSON and pictures."""

from observatory.outputs.backtest.chart import timeline_png
from observatory.outputs.backtest.document import as_json
from observatory.outputs.backtest.model import Backtested, Side
from observatory.outputs.backtest.page import timeline_html
from observatory.outputs.backtest.words import as_markdown, as_text

__all__ = ["Backtested", "Side", "as_json", "as_markdown", "as_text", "timeline_html", "timeline_png"]
