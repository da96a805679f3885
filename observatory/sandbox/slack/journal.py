"""The workspace on disk: one JSON line for each change, so that it survives a restart and tests can count posts."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from observatory.sandbox.slack.model import Channel, Posting


class Journal:
    """Appends changes; a line that was cut off by a crash is passed over when it is read."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def channel(self, channel: Channel) -> None:
        """A channel as it is now."""
        self._append({"channel": asdict(channel)})

    def posting(self, posting: Posting) -> None:
        """A message as it is now."""
        self._append({"posting": asdict(posting)})

    def deleted(self, channel: str, ts: str) -> None:
        """A message is gone."""
        self._append({"deleted": {"channel": channel, "ts": ts}})

    def changes(self) -> Iterator[Channel | Posting | tuple[str, str]]:
        """Every change so far, oldest first; a pair is a deletion."""
        if self._path is None or not self._path.exists():
            return
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                change = json.loads(line)
            except ValueError:
                continue
            if "channel" in change:
                yield Channel(**change["channel"])
            elif "posting" in change:
                yield Posting(**change["posting"])
            else:
                yield change["deleted"]["channel"], change["deleted"]["ts"]

    def _append(self, change: dict[str, object]) -> None:
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(change) + "\n")
