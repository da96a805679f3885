"""What docs/events.md and docs/journeys.md show is right, and means what they say."""

import re
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
import yaml

from observatory.catalog import json_schema, parse_catalog
from observatory.catalog.freezes import freezes

ROOT = Path(__file__).parents[2]


def blocks(page):
    return re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / page).read_text(), re.DOTALL)


@pytest.fixture(scope="module")
def parsed():
    """The example organisation with everything that the pages define."""
    files = {str(path): path.read_bytes() for path in sorted(ROOT.glob("catalog/*/*.yml"))}
    written = [*blocks("events.md"), *blocks("journeys.md")]
    return parse_catalog(files | {f"docs-{n}.yml": text.encode() for n, text in enumerate(written)})


def test_the_definitions_on_the_pages_are_right(parsed):
    assert parsed.errors == ()
    assert {"album-night", "storage-patches"} <= set(parsed.catalog.events)
    assert "share-and-play" in parsed.catalog.journeys
    for text in (*blocks("events.md"), *blocks("journeys.md")):
        jsonschema.validate(yaml.safe_load(text), json_schema())


def test_the_launch_on_the_page_freezes_what_its_journey_passes_through(parsed):
    evening = datetime(2026, 12, 3, 20, tzinfo=UTC)
    frozen = [one for one in freezes(parsed.catalog, at=evening) if one.event.name == "album-night"]
    assert frozen[0].services == ("collaboration", "playback", "playlist")
