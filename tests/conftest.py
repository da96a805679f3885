"""Settings of every test."""

from hypothesis import HealthCheck, settings

# No test asserts a time, hypothesis neither: machines are shared.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


def pytest_collection_modifyitems(items):
    """What waits longest begins first, so that no worker is left with it in the end."""
    items.sort(key=lambda item: "end_to_end" not in item.path.parts)
