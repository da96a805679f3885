"""`observatory dev services` and `dev history`: the demo's parts one by one, for docker-compose.yml."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from observatory.bootstrap import system_clock
from observatory.sandbox import demo

Days = Annotated[int, typer.Option(min=1, max=30, help="Length of the history.")]


def services(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of the controls; the services take the next ones.")] = 9100,
) -> None:
    """Run the demo services, with their simulated users."""
    demo.serve_services(clock=system_clock(), host=host, first_port=port)


def history(
    store: Annotated[Path, typer.Argument(help="Data folder of a Prometheus that does not run yet.")],
    days: Days = 30,
) -> None:
    """Write the demo services' past into a new Prometheus store; one that has data stays as it is."""
    if store.is_dir() and any(store.iterdir()):
        typer.echo(f"{store} has data already.")
        return
    now = system_clock().now()
    samples = demo.seed_store(store, until=now, length=timedelta(days=days), seed=0)
    typer.echo(f"Wrote {samples:,} samples of {days} days to {store}.")
