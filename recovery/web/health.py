"""Whether the process lives, and whether it can work."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from recovery.selectors.operations import heartbeat_ages


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """The database answers too; when each queue's workers were last heard."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        ages = heartbeat_ages(timezone.now())
    except DatabaseError:
        return HttpResponse("database\n", content_type="text/plain", status=503)
    heard = [f"queue {name}: heard {age:.0f} s ago\n" for name, age in ages.items()]
    return HttpResponse("".join(["ok\n", *heard]), content_type="text/plain")
