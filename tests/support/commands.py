"""docs/commands.md as the commands themselves describe it; `PYTHONPATH=tests python -m support.commands` prints it."""

from collections.abc import Iterator

from typer.main import get_command

from observatory.entrypoints.cli.app import app

_HEAD = """# Commands

Exit codes: 0 all is well, 1 the caller's mistake (a definition, an argument, a file that is not current), 2 it could not be done.
Options go before [settings](running.md#settings), which come from the environment.
"""


def commands() -> Iterator[tuple[str, object]]:
    """Every command with its path."""
    yield from _below(get_command(app), ())


def page() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *(_section(path, command) for path, command in commands())])


def _below(command, path):
    if path:
        yield " ".join(path), command
    for name, inner in getattr(command, "commands", {}).items():
        yield from _below(inner, (*path, name))


def _section(path, command):
    paragraphs = [" ".join(part.split()) for part in (command.help or "").split("\n\n")]
    lines = [f"## `observatory {path}`", "", *(line for part in paragraphs for line in (part, ""))]
    rows = [_row(parameter) for parameter in command.params if parameter.name != "help"]
    if rows:
        lines += ["| | |", "| --- | --- |", *rows, ""]
    return "\n".join(lines)


def _row(parameter):
    options = [option for option in parameter.opts if option.startswith("-")]
    metavar = getattr(parameter, "metavar", None)
    name = ", ".join(f"`{option}`" for option in options) or f"`{metavar or parameter.name.upper()}`"
    meaning = (parameter.help or "").replace("|", "\\|")
    return f"| {name} | {meaning} |"


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - this is what it is for
