"""What an organisation decides about owners, and the way to ask Slack of its channels."""

from collections.abc import Callable
from pathlib import Path

from observatory.adapters.files import CatalogFolder
from observatory.adapters.slack import SlackChannels
from observatory.alerting import Rules
from observatory.errors import DefinitionError
from observatory.outputs.routes import Reach
from observatory.settings import Settings


def owner_rules(settings: Settings) -> Rules:
    """The rules that the settings hold."""
    return Rules(catch_all=settings.catch_all_channel, owner_labels=settings.owner_labels)


def channel_reach(settings: Settings) -> Callable[[str], Reach]:
    """Whether a channel can be reached, as Slack says.

    Raises:
        DefinitionError: there is no token to ask with.
    """
    if settings.slack_token is None:
        raise DefinitionError("OBSERVATORY_SLACK_TOKEN is not set: Slack can't be asked of its channels")
    return SlackChannels(settings.slack_token.get_secret_value(), base_url=settings.slack_api_url).reach


def folder_of_definitions(path: str) -> dict[str, bytes] | None:
    """Every definition below a folder, by its path; None when it is no folder.

    Raises:
        NotFound: there is no definition in it.
        DefinitionError: some files can't be read.
    """
    folder = Path(path)
    return CatalogFolder(folder).read() if folder.is_dir() else None
