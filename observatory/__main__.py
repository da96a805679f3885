"""`observatory`, and `python -m observatory`."""

import gc
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line.

    What importing makes is there until the end: to look through it for garbage, again and again, takes a third of the
    time of a short command.
    """
    gc.disable()
    from observatory.entrypoints import cli  # noqa: PLC0415 - what is to be left alone

    gc.freeze()
    gc.enable()
    cli.main()


if __name__ == "__main__":
    main()
