"""What Slack tells of pressed buttons, by whichever way it comes: read it, and do it."""

from typing import Annotated, Literal

import structlog
from pydantic import BaseModel, StringConstraints, ValidationError

from observatory.application.actions import Door
from observatory.application.audit import Actor, Way
from observatory.application.press import PressButton, Pressed
from observatory.errors import ObservatoryError

_LINKS = "open_"
"""Buttons that open an address are reported as well; there is nothing to do."""
_log = structlog.get_logger("observatory.interactions")

Word = Annotated[str, StringConstraints(max_length=300)]


class _User(BaseModel):
    id: Annotated[Word, StringConstraints(min_length=1)]
    username: Word = ""


class _Action(BaseModel):
    action_id: Word
    action_ts: Word
    value: Annotated[str, StringConstraints(max_length=2_000)] = ""


class _Container(BaseModel):
    message_ts: Word = ""


class Interaction(BaseModel):
    """As much of Slack's `block_actions` payload as matters to us."""

    type: Literal["block_actions"]
    user: _User
    actions: list[_Action]
    container: _Container = _Container()
    response_url: Annotated[str, StringConstraints(max_length=3_000)] = ""

    def presses(self) -> list[Pressed]:
        """The buttons that ask something of us."""
        person = Actor(self.user.username or self.user.id, Way.SLACK, account=self.user.id)
        return [
            Pressed(
                one.action_id,
                one.value,
                person,
                f"{self.container.message_ts} {one.action_id} {one.action_ts}",
            )
            for one in self.actions[:10]
            if not one.action_id.startswith(_LINKS)
        ]


def read_interaction(payload: str) -> Interaction | None:
    """A payload's JSON; None for anything else, however it is broken."""
    try:
        return Interaction.model_validate_json(payload)
    except (ValidationError, ValueError):
        return None


def carry_out(interaction: Interaction, press: PressButton, door: Door) -> None:
    """Do it, and tell the person what the message doesn't show."""
    for pressed in interaction.presses():
        try:
            answer = press(pressed)
            if answer is not None and interaction.response_url:
                door.whisper(interaction.response_url, answer)
        except ObservatoryError as error:
            _log.warning("answer_not_given", action=pressed.action, error=str(error))
        except Exception:  # noqa: BLE001 - nobody above is left to say it
            _log.exception("interaction_failed", action=pressed.action)


def hear(payload: str, press: PressButton, door: Door) -> None:
    """What came through Socket Mode."""
    interaction = read_interaction(payload)
    if interaction is None:
        _log.warning("interaction_not_understood", length=len(payload))
    else:
        carry_out(interaction, press, door)
