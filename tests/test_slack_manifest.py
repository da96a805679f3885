"""The app that people install: its shape, the path it calls, and no scope beyond what the code uses."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from jsonschema import Draft202012Validator

from observatory.entrypoints.api.interactions import PATH

ROOT = Path(__file__).parent.parent
MANIFEST = yaml.safe_load((ROOT / "deploy/slack/manifest.yml").read_text())
SCHEMA = {
    "type": "object",
    "required": ["display_information", "features", "oauth_config", "settings"],
    "additionalProperties": False,
    "properties": {
        "display_information": {
            "type": "object",
            "required": ["name"],
            "additionalProperties": False,
            "properties": {
                "name": {"type": "string", "maxLength": 35},
                "description": {"type": "string", "maxLength": 140},
                "background_color": {"type": "string", "pattern": "^#[0-9a-f]{6}$"},
            },
        },
        "features": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "bot_user": {
                    "type": "object",
                    "required": ["display_name"],
                    "additionalProperties": False,
                    "properties": {
                        "display_name": {"type": "string", "maxLength": 80, "pattern": "^[a-z0-9._-]+$"},
                        "always_online": {"type": "boolean"},
                    },
                }
            },
        },
        "oauth_config": {
            "type": "object",
            "required": ["scopes"],
            "additionalProperties": False,
            "properties": {
                "scopes": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "bot": {
                            "type": "array",
                            "uniqueItems": True,
                            "items": {"pattern": "^[a-z]+:[a-z.]+$"},
                        }
                    },
                }
            },
        },
        "settings": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "interactivity": {
                    "type": "object",
                    "required": ["is_enabled", "request_url"],
                    "additionalProperties": False,
                    "properties": {"is_enabled": {"const": True}, "request_url": {"pattern": "^https://"}},
                },
                "org_deploy_enabled": {"type": "boolean"},
                "socket_mode_enabled": {"type": "boolean"},
                "token_rotation_enabled": {"type": "boolean"},
            },
        },
    },
}
"""As far as the manifest goes, after docs.slack.dev, "App manifest reference"."""

NEEDS = {
    "chat_postMessage": {"chat:write", "chat:write.public"},
    "chat_update": {"chat:write"},
    "chat_delete": {"chat:write"},
    "chat_getPermalink": set(),
    "conversations_info": {"channels:read", "groups:read"},
    "conversations_history": {"channels:history", "groups:history"},
    "conversations_join": {"channels:join"},
    "conversations_replies": {"channels:history", "groups:history"},
    "files_getUploadURLExternal": {"files:write"},
    "files_completeUploadExternal": {"files:write"},
    "auth_test": set(),
}
"""The methods that we call, and the scopes that they ask for."""


def test_it_has_the_shape_that_slack_takes():
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(MANIFEST)] == []


@pytest.mark.parametrize(
    "damage",
    [
        {"settings": {"interactivity": {"is_enabled": True}}},
        {"oauth_config": {"scopes": {"bot": ["admin"]}}},
        {"surprise": {}},
    ],
)
def test_a_shape_that_slack_refuses_is_seen(damage):
    assert list(Draft202012Validator(SCHEMA).iter_errors(MANIFEST | damage))


def test_it_asks_for_exactly_the_scopes_that_the_methods_need():
    source = "".join(path.read_text() for path in (ROOT / "observatory/adapters/slack").glob("*.py"))
    called = set(re.findall(r"_client\.(\w+_\w+)", source))
    assert called == set(NEEDS)
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == set().union(*NEEDS.values())


def test_buttons_call_the_path_that_we_serve():
    assert urlsplit(MANIFEST["settings"]["interactivity"]["request_url"]).path == PATH
