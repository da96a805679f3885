"""Where generated dashboards and rules go, over HTTP: Grafana, Prometheus, and rulers with the API of Mimir and Cortex."""

from observatory.adapters.shipping.grafana import Grafana
from observatory.adapters.shipping.http import Credentials
from observatory.adapters.shipping.prometheus import PrometheusLoader
from observatory.adapters.shipping.ruler import Ruler

__all__ = ["Credentials", "Grafana", "PrometheusLoader", "Ruler"]
