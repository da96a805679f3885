"""An organisation of demo services with a month behind them, watched by a real Prometheus and by Observatory."""

from observatory.sandbox.demo.controls import FOLDER, STATE_FILE, break_service, heal_service
from observatory.sandbox.demo.history import seed_store
from observatory.sandbox.demo.trouble import Mode, Trouble
from observatory.sandbox.demo.world import Plan, run_demo, serve_services

__all__ = [
    "FOLDER",
    "STATE_FILE",
    "Mode",
    "Plan",
    "Trouble",
    "break_service",
    "heal_service",
    "run_demo",
    "seed_store",
    "serve_services",
]
