"""The command line: one module a command; this one gathers them and turns errors into exit codes.

0  all is well
1  the caller's mistake: a definition, an argument, a generated file that is not current
2  it could not be done: something outside did not answer or refused
"""

import sys
from typing import NoReturn

from pydantic import ValidationError
from rich.console import Console

from observatory.entrypoints.cli.app import app
from observatory.errors import DefinitionError, NotFound, ObservatoryError

__all__ = ["main"]

EXIT_MISTAKE = 1
EXIT_COULD_NOT = 2


def main() -> NoReturn:
    """Run the command line."""
    errors = Console(stderr=True, soft_wrap=True, highlight=False)
    try:
        app(standalone_mode=True)
    except (DefinitionError, NotFound) as error:
        errors.print(str(error), markup=False)
        sys.exit(EXIT_MISTAKE)
    except ValidationError as error:
        errors.print(_settings_problems(error), markup=False)
        sys.exit(EXIT_MISTAKE)
    except ObservatoryError as error:
        errors.print(str(error), markup=False)
        sys.exit(EXIT_COULD_NOT)
    sys.exit(0)


def _settings_problems(error: ValidationError) -> str:
    """Say which settings are wrong, without their values: one may be a secret."""
    lines = []
    for problem in error.errors(include_input=False, include_url=False):
        name = "_".join(str(part) for part in problem["loc"]).upper()
        message = problem["msg"].removeprefix("Value error, ")
        lines.append(f"OBSERVATORY_{name}: {message}" if name else message)
    return "\n".join(["The settings are not right:", *lines])
