import pytest
from support.slack import NOW, a_burning_status, an_entry, an_incident

from observatory.alerting import IncidentState, Reason, Transition
from observatory.evaluation import Severity
from observatory.outputs.slack import render_reply
from observatory.sandbox.slack.limits import refusal

RESOLVED = {"state": IncidentState.RESOLVED, "resolved_at": NOW}


def told(message):
    return message.blocks[0]["text"]["text"].replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("reason", "changes", "headline"),
    [
        pytest.param(
            Reason.TIER_JOINED, {"tiers": ("fast", "slow")}, "⏫ Escalated, firing now: fast, slow", id="tier"
        ),
        pytest.param(Reason.ESCALATED_TO_PAGE, {}, "⏫ Escalated to a page, firing now: fast", id="to-page"),
        pytest.param(Reason.REOPENED, {"reopened": 3}, "🔁 Burning again, re-opened 3×", id="re-opened"),
        pytest.param(
            Reason.BURN_STOPPED, RESOLVED, "✅ Resolved after 12 min: the burn stopped", id="resolved"
        ),
        pytest.param(
            Reason.REMOVED_FROM_CATALOG,
            RESOLVED,
            "✅ Resolved after 12 min: it was removed from the catalog",
            id="removed",
        ),
    ],
)
def test_a_reply_begins_with_what_happened(reason, changes, headline):
    message = render_reply(
        Transition(an_incident(**changes), reason, a_burning_status()), an_entry(), now=NOW
    )
    assert told(message).startswith(f"*{headline}*\n")
    assert "(14:15 CET)" in told(message)
    assert message.text.replace("\u00a0", " ").startswith(headline)


def test_a_resolution_says_what_it_cost():
    transition = Transition(an_incident(**RESOLVED), Reason.BURN_STOPPED, a_burning_status())
    reply = told(render_reply(transition, an_entry(), now=NOW, spent=0.031))
    assert "Cost 3.1 % of the error budget; 42 % of the error budget left" in reply


def test_without_numbers_there_are_none():
    transition = Transition(an_incident(**RESOLVED), Reason.REMOVED_FROM_CATALOG, None)
    assert "It is measured no more" in told(render_reply(transition, an_entry(), now=NOW))


@pytest.mark.parametrize(
    ("changes", "ping", "pings"),
    [
        pytest.param({}, True, True, id="page"),
        pytest.param({}, False, False, id="flapping"),
        pytest.param({"severity": Severity.TICKET}, True, False, id="ticket"),
        pytest.param(RESOLVED, True, False, id="resolved"),
    ],
)
def test_only_a_burning_page_pings(changes, ping, pings):
    transition = Transition(an_incident(**changes), Reason.REOPENED, a_burning_status())
    assert ("<!subteam^" in told(render_reply(transition, an_entry(), now=NOW, ping=ping))) is pings


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_can_be_told(reason):
    transition = Transition(an_incident(tiers=("<!channel>",)), reason, a_burning_status())
    message = render_reply(transition, an_entry(), now=NOW, ping=False)
    assert refusal(message.text, [dict(block) for block in message.blocks], None) is None
    assert "<!channel>" not in told(message)
