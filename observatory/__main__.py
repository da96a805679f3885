"""`python -m observatory`."""

from observatory.entrypoints.cli import main

main()
