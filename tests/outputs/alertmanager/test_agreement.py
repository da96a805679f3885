"""Our routes against `amtool config routes test`, on trees and alerts made afresh each time."""

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import yaml
from support.alertmanager import check_config, routed

from observatory.outputs.alertmanager import read_routes

TREES, ALERTS = 40, 32
LABELS = ("severity", "squad", "service", "slo", "instance")
VALUES = (
    "",
    "page",
    "ticket",
    "a",
    "ab",
    "a.b",
    "A",
    "play list",
    'q"uote',
    "back\\slash",
    "line\nbreak",
    "ü",
)
PATTERNS = (
    "",
    ".*",
    ".+",
    "a",
    "a|ab",
    "a.b",
    "a\\.b",
    "(?i)A",
    "pa.*",
    "^a$",
    "[ab]+",
    "page|",
    "\\w+",
    "q.uote",
)
OPERATORS = ("=", "!=", "=~", "!~")


def a_matcher(dice: random.Random) -> str:
    operator = dice.choice(OPERATORS)
    value = dice.choice(PATTERNS if "~" in operator else VALUES)
    quoted = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    bare = value.isalnum() and dice.random() < 0.3
    return f"{dice.choice(LABELS)} {operator} " + (value if bare else f'"{quoted}"')


def a_route(dice: random.Random, *, depth: int, names: Any) -> dict[str, Any]:
    route: dict[str, Any] = {}
    if dice.random() < 0.8:
        route["receiver"] = next(names)
    if dice.random() < 0.5:
        route["continue"] = dice.random() < 0.6
    way = dice.random()
    if way < 0.15:
        route["match"] = {dice.choice(LABELS): dice.choice(VALUES)}
    elif way < 0.3:
        route["match_re"] = {dice.choice(LABELS): dice.choice(PATTERNS)}
    elif way < 0.4:
        route["matchers"] = [", ".join(a_matcher(dice) for _ in range(2)), "{" + a_matcher(dice) + "}"]
    elif way < 0.95:
        route["matchers"] = [a_matcher(dice) for _ in range(dice.randint(1, 2))]
    if depth:
        children = [a_route(dice, depth=depth - 1, names=names) for _ in range(dice.randint(0, 4))]
        route |= {"routes": children} if children else {}
    return route


def an_alert(dice: random.Random) -> dict[str, str]:
    known = dice.sample(LABELS, dice.randint(1, len(LABELS)))
    return {label: value for label in known if (value := dice.choice(VALUES))} or {"squad": "a"}


def a_forest(dice: random.Random) -> dict[str, Any]:
    """Many trees in one configuration, side by side: one question to amtool is one pair for each."""
    names = (f"r{number}" for number in range(100_000))
    trees = [
        a_route(dice, depth=3, names=names) | {"receiver": next(names), "continue": True}
        for _ in range(TREES)
    ]
    used = [one for tree in trees for one in receivers(tree)]
    return {
        "route": {"receiver": "nobody", "routes": trees},
        "receivers": [{"name": name} for name in ["nobody", *used]],
    }


def receivers(route: dict[str, Any]) -> list[str]:
    below = [one for child in route.get("routes", ()) for one in receivers(child)]
    return [route["receiver"], *below] if "receiver" in route else below


def test_our_routes_agree_with_amtool_on_random_trees_and_alerts(tmp_path, record_property):
    seed = random.SystemRandom().randrange(2**32)
    dice = random.Random(seed)  # noqa: S311 - a test
    text = yaml.safe_dump(a_forest(dice), sort_keys=False, allow_unicode=True)
    path = tmp_path / "alertmanager.yml"
    path.write_text(text)
    check_config(path)
    ours = read_routes(text, file=path.name)
    alerts = [an_alert(dice) for _ in range(ALERTS)]

    with ThreadPoolExecutor(2) as pool:
        theirs = list(pool.map(lambda labels: routed(path, labels), alerts))

    different = [
        (labels, ours.receivers(labels), answer)
        for labels, answer in zip(alerts, theirs, strict=True)
        if ours.receivers(labels) != answer
    ]
    ends = sum(len(answer) for answer in theirs)
    record_property("pairs", TREES * ALERTS)
    assert not different, f"seed {seed}: {different[0]}\n{text}"
    assert ends > ALERTS, "nothing but the root was ever reached"
