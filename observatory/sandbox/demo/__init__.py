"""An organisation of demo services with a month behind them, watched by a real Prometheus and by Observatory."""
