"""/api/v1/audit: who did what, when, and by which way."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from observatory.application.audit import Deed, Way
from observatory.entrypoints.api.schema import Problem, Shape
from observatory.entrypoints.api.state import LookedAt

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])


class AuditShape(Shape):
    """One deed."""

    at: datetime
    who: str
    account: str | None
    way: Way
    deed: Deed
    subject: str
    detail: str


@router.get("", responses={422: {"model": Problem}, 503: {"model": Problem}})
def audit(
    views: LookedAt,
    subject: Annotated[str | None, Query(description="The id of an incident or of a silence.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[AuditShape]:
    """What people did, newest first."""
    return [
        AuditShape(
            at=one.at,
            who=one.actor.name,
            account=one.actor.account,
            way=one.actor.way,
            deed=one.deed,
            subject=one.subject,
            detail=one.detail,
        )
        for one in views.alerts.audit(subject=subject, limit=limit)
    ]
