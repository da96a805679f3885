"""What single commands use: folders, tools, and the servers that definitions are shipped to."""

from collections.abc import Mapping
from pathlib import Path

from observatory.adapters.clock import SystemClock
from observatory.adapters.files import CatalogFolder, FolderDocuments
from observatory.adapters.git import Revisions
from observatory.adapters.promtool import Promtool, installed
from observatory.adapters.shipping import Credentials, Grafana, PrometheusLoader, Ruler
from observatory.application.ports import Clock, DashboardServer, Documents, RuleGroupServer, RuleLoader
from observatory.bootstrap.metrics import prometheus_credentials
from observatory.catalog import Catalog, parse_catalog
from observatory.errors import DefinitionError
from observatory.outputs.alertmanager import Surroundings
from observatory.settings import Settings


def read_catalog(settings: Settings) -> Mapping[str, bytes]:
    """The catalog's files by name."""
    return CatalogFolder(settings.catalog).read()


def load_catalog(settings: Settings) -> Catalog:
    """The catalog.

    Raises:
        DefinitionError: it has errors; all of them are named.
    """
    return parse_catalog(read_catalog(settings)).valid()


def folder(path: Path) -> Documents:
    """A folder of generated files."""
    return FolderDocuments(path)


def promtool() -> Promtool | None:
    """Prometheus's own judge of rule files, where it is installed."""
    return installed()


def revisions() -> Revisions:
    """The history of the repository that the working directory lies in."""
    return Revisions(Path())


def system_clock() -> Clock:
    """The machine's clock."""
    return SystemClock()


def grafana(settings: Settings, url: str) -> DashboardServer:
    """The Grafana at this address.

    Raises:
        DefinitionError: there is no token for it.
    """
    if settings.grafana_token is None:
        raise DefinitionError(
            "OBSERVATORY_GRAFANA_TOKEN is not set: give it the token of a service account"
            " that may write folders and dashboards"
        )
    token = settings.grafana_token.get_secret_value()
    return Grafana(url, Credentials(bearer_token=token, ca_file=settings.grafana_ca_file))


def rule_loader(settings: Settings, url: str) -> RuleLoader:
    """The Prometheus at this address, shown the credentials of the settings."""
    return PrometheusLoader(url, prometheus_credentials(settings))


def ruler(settings: Settings, url: str, *, tenant: str | None) -> RuleGroupServer:
    """The ruler at this address, shown the credentials of the settings and this tenant."""
    return Ruler(url, prometheus_credentials(settings, {} if tenant is None else {"X-Scope-OrgID": tenant}))


def around_alertmanager(settings: Settings) -> Surroundings:
    """What Alertmanager's configuration says that no squad decides."""
    return Surroundings(
        folder=settings.alertmanager_folder,
        observatory=settings.alertmanager_sees_us_at,
        catch_all=settings.catch_all_channel,
    )
