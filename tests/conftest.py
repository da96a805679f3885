"""Settings of every test."""

from hypothesis import HealthCheck, settings

# No test asserts a time, hypothesis neither: machines are shared.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
