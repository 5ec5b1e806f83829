"""The desk's site: who may come in at all."""

from django.http import HttpRequest
from unfold.sites import UnfoldAdminSite

from recovery.domain.duties import Duty
from recovery.services.actors import staff_actor


class DeskSite(UnfoldAdminSite):  # type: ignore[misc]
    """Opens to staff whose roles let them read the desk; a superuser flag does not."""

    index_title = "Desk"
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether this person may see any page of the desk."""
        user = request.user
        if not user.is_authenticated:
            return False
        return Duty.READ_DESK in staff_actor(user).duties
