"""The only reader of the environment: every setting, `OBSERVATORY_…`, with its default."""

from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def _words(value: object) -> object:
    """The environment holds text: words between commas."""
    return (
        tuple(word.strip() for word in value.split(",") if word.strip()) if isinstance(value, str) else value
    )


def _number(value: object) -> object:
    """The environment holds text, and pydantic takes seconds only as a number."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
Seconds = Annotated[timedelta, BeforeValidator(_number)]


class PrometheusServer(BaseModel):
    """One more Prometheus, and how to be let in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    bearer_token: SecretStr | None = None
    user: str | None = None
    password: SecretStr | None = None
    ca_file: Path | None = None
    headers: dict[str, SecretStr] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _url_alone(cls, value: object) -> object:
        return {"url": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _user_with_password(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")
        return self


class Settings(BaseSettings):
    """Settings of one process. Secrets are `SecretStr`: they never show in logs, errors or pages."""

    model_config = SettingsConfigDict(env_prefix="OBSERVATORY_", env_file=None, extra="ignore", frozen=True)

    catalog: Path = Field(Path("catalog"), description="Folder of definitions.")

    prometheus_url: str = Field("http://127.0.0.1:9090", description="Prometheus, or anything with its API.")
    prometheus_bearer_token: SecretStr | None = Field(None, description="Sent as Authorization: Bearer.")
    prometheus_user: str | None = Field(None, description="Basic auth, with prometheus_password.")
    prometheus_password: SecretStr | None = Field(None, description="Basic auth, with prometheus_user.")
    prometheus_ca_file: Path | None = Field(None, description="A certificate authority of your own (PEM).")
    prometheus_headers: dict[str, SecretStr] = Field(
        default_factory=dict, description='More headers as JSON, such as {"X-Scope-OrgID": "music"}.'
    )
    prometheus_servers: dict[str, PrometheusServer] = Field(
        default_factory=dict,
        description='More servers by name, for services that name one: {"eu": "https://…"}, or an object with url,'
        " bearer_token, user, password, ca_file, headers.",
    )
    prometheus_timeout: Seconds = Field(timedelta(seconds=10), description="Limit of one query, seconds.")

    database_url: SecretStr = Field(
        SecretStr("sqlite:///var/observatory.db"),
        description="SQLAlchemy URL: sqlite:///file, or postgresql+psycopg://….",
    )

    alert_retention: Seconds = Field(
        timedelta(days=400),
        ge=timedelta(days=7),
        description="How long alerts that are over are kept, with all that was told, silences and the audit log:"
        " seconds, or days such as P400D.",
    )

    lease: Seconds = Field(
        timedelta(seconds=20),
        gt=timedelta(seconds=1),
        description="With PostgreSQL: how long after the evaluating replica's end another one takes over, seconds.",
    )

    slack_token: SecretStr | None = Field(None, description="Bot token. Without one, alerts are only logged.")
    slack_api_url: str = Field("https://slack.com/api/", description="For the development Slack.")
    slack_signing_secret: SecretStr | None = Field(
        None,
        description="Checks that a pressed button comes from Slack. Without one, messages have no such buttons.",
    )
    slack_app_token: SecretStr | None = Field(
        None,
        description="App-level token (xapp-…): buttons without a public address, through Socket Mode.",
    )
    slack_webhook_url: SecretStr | None = Field(
        None, description="Slack incoming webhook: a second way to people when the token fails."
    )
    webhook_url: SecretStr | None = Field(
        None, description="Webhook of your own as a further way; with webhook_secret."
    )
    webhook_secret: SecretStr | None = Field(None, description="Signs what goes to webhook_url.")
    smtp_url: SecretStr | None = Field(
        None, description="smtp://user:password@host:587 or smtps://…: e-mail as a further way."
    )
    email_from: str | None = Field(None, description="Sender of e-mail.")
    email_to: Words = Field((), description="Receivers of e-mail, separated by commas.")
    catch_all_channel: str | None = Field(
        None, description="Slack channel id of last resort, when a squad's own and its fallback fail."
    )
    owner_labels: Words = Field(
        ("squad",),
        description="Labels of alerts that may name their squad, between commas, the most trusted first.",
    )

    host: str = Field("127.0.0.1", description="Address to listen on; any but loopback needs a token.")
    port: int = Field(8600, ge=0, le=65535, description="Port to listen on; 0 finds a free one.")
    token: SecretStr | None = Field(None, description="Asked of every caller as Authorization: Bearer.")
    public_url: str | None = Field(None, description="How browsers reach the portal, for links in messages.")
    url: str = Field("http://127.0.0.1:8600", description="Where the command line finds the running service.")
    user: str | None = Field(None, description="Who you are to the audit log, on the command line.")
    grafana_url: str | None = Field(None, description="Grafana's address, for links to dashboards.")
    grafana_token: SecretStr | None = Field(None, description="For `observatory push`: a service account's.")
    grafana_ca_file: Path | None = Field(None, description="A certificate authority of your own (PEM).")

    heartbeat_url: SecretStr | None = Field(
        None, description="Asked after every whole loop of evaluation and delivery; alarms when it is not."
    )
    canary_channel: str | None = Field(
        None, description="Slack channel id that gets a self-test message every hour."
    )
    platform_squad: str | None = Field(
        None, description="The squad that is paged when a watchdog falls silent; else the catch-all channel."
    )
    watchdog_interval: Seconds = Field(
        timedelta(seconds=60),
        gt=timedelta(0),
        description="How often Alertmanager repeats its Watchdog, seconds; three missed ones page.",
    )

    alertmanager_urls: tuple[str, ...] = Field(
        (), description='Every Alertmanager that knows us, as JSON: ["http://alertmanager:9093"].'
    )
    alertmanager_token: SecretStr | None = Field(
        None, description="Alertmanager may show this one instead of `token`, and send alerts with it only."
    )
    alertmanager_receiver: str = Field(
        "observatory", description="The receiver whose webhook is ours, in Alertmanager's configuration."
    )
    alertmanager_sees_us_at: str = Field(
        "http://observatory:8600", description="Our address in the Alertmanager configuration we generate."
    )
    alertmanager_folder: str = Field(
        "/etc/alertmanager", description="Where it finds slack_url, slack_token and observatory_token."
    )

    tick: Seconds = Field(
        timedelta(seconds=60), description="Time between evaluations, seconds; divides 300."
    )
    lag: Seconds = Field(
        timedelta(seconds=30), description="How far behind now to evaluate, so that scrapes have landed."
    )

    @property
    def prometheus(self) -> PrometheusServer:
        """The usual server."""
        return PrometheusServer(
            url=self.prometheus_url,
            bearer_token=self.prometheus_bearer_token,
            user=self.prometheus_user,
            password=self.prometheus_password,
            ca_file=self.prometheus_ca_file,
            headers=self.prometheus_headers,
        )

    @field_validator("tick")
    @classmethod
    def _tick_divides_five_minutes(cls, tick: timedelta) -> timedelta:
        if tick.total_seconds() < 1 or timedelta(minutes=5) % tick:
            raise ValueError("must be a whole number of seconds that divides 300, such as 60")
        return tick

    @model_validator(mode="after")
    def _only_loopback_without_a_token(self) -> Self:
        if self.token is None and not _is_loopback(self.host):
            raise ValueError(
                f"listening on {self.host} needs OBSERVATORY_TOKEN; without one only loopback is served"
            )
        return self

    @model_validator(mode="after")
    def _transports_are_whole(self) -> Self:
        if (self.webhook_url is None) != (self.webhook_secret is None):
            raise ValueError(
                "webhook_url and webhook_secret go together: what is not signed can't be trusted"
            )
        email = (self.smtp_url is None, self.email_from is None, not self.email_to)
        if any(email) and not all(email):
            raise ValueError("smtp_url, email_from and email_to go together")
        return self

    @model_validator(mode="after")
    def _user_with_password(self) -> Self:
        if (self.prometheus_user is None) != (self.prometheus_password is None):
            raise ValueError("prometheus_user and prometheus_password go together")
        return self


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
