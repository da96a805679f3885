"""The command line: one module a command; this one gathers them and turns errors into exit codes.

0  all is well
1  the caller's mistake: a definition, an argument, a setting, a generated file that is not current
2  it could not be done: something outside did not answer or refused
"""

import os
import sys
from typing import NoReturn

from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich.console import Console
from typer._click.exceptions import ClickException  # typer brings its own click, and names it nowhere else
from typer.exceptions import Abort, Exit

from observatory.entrypoints.cli.app import app
from observatory.errors import DefinitionError, NotFound, ObservatoryError

__all__ = ["main"]

EXIT_MISTAKE = 1
EXIT_COULD_NOT = 2
_INTERRUPTED = 130
_MISTAKES = (DefinitionError, NotFound, ValidationError, SettingsError)


def main() -> NoReturn:
    """Run the command line."""
    try:
        sys.exit(app(standalone_mode=False))
    except Exit as left:
        sys.exit(left.exit_code)
    except (Abort, KeyboardInterrupt):
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except (ClickException, *_MISTAKES) as error:
        _complain(error, EXIT_MISTAKE)
    except (ObservatoryError, OSError) as error:
        _complain(error, EXIT_COULD_NOT)


def _complain(error: Exception, code: int) -> NoReturn:
    match error:
        case ClickException():
            error.show()
        case ValidationError():
            _print(_settings_problems(error))
        case SettingsError():
            _print(f"The settings are not right:\n{error}")
        case _:
            _print(str(error))
    sys.exit(code)


def _print(message: str) -> None:
    Console(stderr=True, soft_wrap=True, highlight=False).print(message, markup=False)


def _settings_problems(error: ValidationError) -> str:
    """Say which settings are wrong, without their values: one may be a secret."""
    lines = []
    for problem in error.errors(include_input=False, include_url=False):
        name = "_".join(str(part) for part in problem["loc"]).upper()
        message = problem["msg"].removeprefix("Value error, ")
        lines.append(f"OBSERVATORY_{name}: {message}" if name else message)
    return "\n".join(["The settings are not right:", *lines])
