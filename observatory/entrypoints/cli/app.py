"""Every command under its name."""

import typer

from observatory.entrypoints.cli import (
    backtest,
    check,
    demo,
    diff,
    drill,
    events,
    export,
    generate,
    incidents,
    preview,
    push,
    route,
    run,
    services,
    silences,
    slack,
    status,
    suggest,
)

app = typer.Typer(
    help="SLOs, error budgets, dashboards and alerts that belong to squads.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("backtest")(backtest.backtest)
app.command("check")(check.check)
app.command("diff")(diff.diff)
app.command("generate")(generate.generate)
app.command("preview")(preview.preview)
app.command("push")(push.push)
app.command("run")(run.run)
app.command("status")(status.status)
app.command("suggest")(suggest.suggest)
app.command("incidents")(incidents.incidents)
app.command("ack")(incidents.ack)
app.command("drill")(drill.drill)
app.add_typer(route.app, name="route")
app.add_typer(silences.app, name="silence")
app.add_typer(events.app, name="events")
app.add_typer(demo.app, name="demo")
app.add_typer(export.app, name="export")
app.add_typer(slack.app, name="dev")
slack.app.command("services")(services.services)
slack.app.command("history")(services.history)
