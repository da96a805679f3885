"""What each of Slack's refusals asks of us. Codes as in docs.slack.dev, "chat.postMessage" and "chat.update"."""

from enum import StrEnum

NOT_EDITABLE = "not_editable"
"""Said by transports that are not Slack: an e-mail stays as it was sent."""
UNREADABLE = "unreadable"
"""Said by them too: what was sent can't be looked up."""


class Reaction(StrEnum):
    """What to do about a refusal."""

    FAIL_OVER = "fail_over"
    """The channel can't take it: the next channel may."""
    STOP = "stop"
    """The token is no good: nothing will go out to anyone."""
    SHORTEN = "shorten"
    """The message is not liked: its bare text may be. Also for codes never heard of."""
    NEW_ROOT = "new_root"
    """The message to edit or to answer is gone."""
    LEAVE_OUT = "leave_out"
    """What was sent there can't be edited, and what an edit shows is not worth another message."""


_REACTIONS = {
    Reaction.FAIL_OVER: (
        "channel_not_found",
        "ekm_access_denied",
        "is_archived",
        "is_inactive",
        "no_permission",
        "not_in_channel",
        "restricted_action",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
    ),
    Reaction.STOP: (
        "access_denied",
        "account_inactive",
        "invalid_auth",
        "missing_scope",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
    ),
    Reaction.NEW_ROOT: (
        "block_mismatch",
        "cannot_reply_to_message",
        "cant_update_message",
        "edit_window_closed",
        "message_not_found",
        "thread_not_found",
    ),
    Reaction.LEAVE_OUT: (NOT_EDITABLE,),
}
_BY_CODE = {code: reaction for reaction, codes in _REACTIONS.items() for code in codes}


def reaction_to(code: str) -> Reaction:
    """The reaction to Slack's error code."""
    return _BY_CODE.get(code, Reaction.SHORTEN)
