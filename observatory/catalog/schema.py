"""JSON Schema of what a squad writes, for editors; generated from the models."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from observatory.catalog.events import Event
from observatory.catalog.headers import API_VERSION
from observatory.catalog.model import Journey, Service, Squad


def json_schema() -> dict[str, Any]:
    """Of one document: a squad, a service, a journey or an event."""
    models: list[type[BaseModel]] = [Squad, Service, Journey, Event]
    references, schema = models_json_schema([(model, "validation") for model in models])
    for model in models:
        _with_header(schema["$defs"][model.__name__])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Observatory catalog",
        "oneOf": [references[model, "validation"] for model in models],
        **schema,
    }


def _with_header(definition: dict[str, Any]) -> None:
    """Ask for apiVersion and kind, which every document has and no model needs."""
    definition["properties"] = {"apiVersion": {"const": API_VERSION}} | definition["properties"]
    definition["required"] = ["apiVersion", "kind", *definition["required"]]
