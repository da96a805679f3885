"""What all definitions have in common, whatever they define."""

from pydantic import BaseModel, ConfigDict, InstanceOf, model_validator
from pydantic.json_schema import SkipJsonSchema

from observatory.catalog.written import Place, Written


class Definition(BaseModel):
    """Base of everything written in YAML: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Placed(Definition):
    """A definition that remembers where it was written; nobody writes `place` by hand."""

    place: SkipJsonSchema[InstanceOf[Place]]

    @model_validator(mode="before")
    @classmethod
    def _take_place(cls, value: object) -> object:
        if isinstance(value, Written) and "place" not in value:
            return {**value, "place": value.place}
        return value
