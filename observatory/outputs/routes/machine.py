"""Routes and judged expectations as programs read them."""

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from observatory.alerting.expectations import Judged
from observatory.alerting.routing import Route
from observatory.outputs.findings.formats import printable_xml


def route_json(route: Route, *, now: datetime) -> dict[str, Any]:
    """What `json.dumps` takes; times in ISO 8601, spans in seconds, None where there is nothing."""
    owner = route.ownership
    return {
        "labels": dict(route.labels),
        "squad": route.squad,
        "because": owner.reason.value,
        "place": None if owner.place is None else str(owner.place),
        "channel": owner.channel,
        "fallbacks": list(route.fallbacks),
        "tickets": {
            "hours": route.on_call.hours,
            "timezone": route.on_call.timezone,
            "next": route.ticket_due(now).isoformat(),
        },
        "pages": [
            {
                "after_seconds": call.after.total_seconds(),
                "channel": call.channel,
                "squad": call.squad,
                "mention": call.mention,
            }
            for call in route.calls
        ],
        "why": [
            {
                "rule": step.rule.value,
                "says": step.says,
                "place": None if step.place is None else str(step.place),
                "decides": step.decides,
            }
            for step in owner.trail
        ],
    }


def judged_json(judged: Sequence[Judged], *, now: datetime) -> list[dict[str, Any]]:
    """One object an expectation."""
    return [
        {
            "name": one.expectation.title,
            "place": str(one.expectation.place),
            "ok": not one.differences,
            "differences": list(one.differences),
            "route": route_json(one.route, now=now),
        }
        for one in judged
    ]


def judged_junit(judged: Sequence[Judged]) -> str:
    """One suite, a case an expectation."""
    failures = str(sum(bool(one.differences) for one in judged))
    root = ET.Element("testsuites", name="observatory route test")
    suite = ET.SubElement(root, "testsuite", name="routes", tests=str(len(judged)), failures=failures)
    for one in judged:
        place = one.expectation.place
        name = printable_xml(one.expectation.title)
        case = ET.SubElement(suite, "testcase", name=name, classname=printable_xml(place.file))
        if one.differences:
            said = printable_xml("; ".join(one.differences))
            failure = ET.SubElement(case, "failure", message=said, type="route")
            failure.text = printable_xml("\n".join([str(place), *one.differences]))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False)
