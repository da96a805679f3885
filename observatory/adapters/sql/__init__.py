"""State in a SQLite file or in PostgreSQL: the history of measurements, incidents, the outbox, silences and the audit log."""

from observatory.adapters.sql.alerts import SqlAlerts
from observatory.adapters.sql.engine import create_engine
from observatory.adapters.sql.history import SqlHistory
from observatory.adapters.sql.lease import SqlLease
from observatory.adapters.sql.migrate import migrate
from observatory.adapters.sql.reports import SqlReports
from observatory.adapters.sql.signs import SqlSigns

__all__ = ["SqlAlerts", "SqlHistory", "SqlLease", "SqlReports", "SqlSigns", "create_engine", "migrate"]
