"""Watches over the agency's visits: who acts, is it still allowed, and every request is noted."""

import re
from collections.abc import Callable, Collection

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from saas.accounts.models import User
from saas.accounts.requests import Request
from saas.kernel import clock
from saas.kernel.actors import in_visit
from tenants.isolation.addresses import platform_url

from . import approvals, gate, standing, support, visits
from .acting import actor_of
from .models import AgencyVisit

SESSION_KEY = "agency_visit"
# Parts of a page, not pages: they are refused after the visit like everything, but not noted one by one.
_QUIET = ("/static/", "/media/", "/theme.css", "/manage/jsi18n/", "/manage/sprite")
# A visitor's account in the mall is no login: it gets no password, address or second factor.
_CLOSED = ("/account/", "/manage/account/")
_OPEN_ANYWAY = ("/account/logout/",)
# Deleting what is the merchant's is never delegated (A3). Wagtail lets whoever may change and publish delete too.
_DELETES = re.compile(r"/manage/(.*/)?(delete|remove)/.*")


class AgencyVisitMiddleware:
    """
    Sets `request.agency_visit` (an `AgencyVisit`, or None) and makes `request.actor` the visitor, by right of a clause.

    The platform is asked what stands behind the visit. The first request after its end, by either side, by the clock, by the end or a
    pause of the mandate, or after the person lost the role or the account, is refused and signed out.
    """

    def __init__(self, get_response: Callable[[Request], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        request.agency_visit = None
        visit_id = self._visit_id(request)
        if not visit_id:
            return self.get_response(request)
        visit = AgencyVisit.objects.select_related("person").filter(public_id=visit_id).first()
        if visit is None or visit.person_id != request.user.pk:
            return self._refused(request, None)
        now = clock.now()
        found = standing.of_visit(visit=visit.public_id, schema=request.tenant.schema_name, now=now)
        request.actor = actor_of(visit, mall_name=request.tenant.name, standing=found)
        if visits.close_if_over(visit, stands=found.is_open, now=now):
            self._note(request, visit, 403)
            visit.refresh_from_db()
            return self._refused(request, visit)
        visit.permissions_now, request.standing = found.permissions, found
        request.agency_visit = request.user.visit = visit  # type: ignore[misc]  # one request's person
        token = in_visit.set(True)
        try:
            response = self._closed(request) or self.get_response(request)
            if request.method not in gate.SAFE or not request.path.startswith(_QUIET):
                self._note(request, visit, response.status_code)
        finally:
            in_visit.reset(token)
        response.headers["Cache-Control"] = "no-store"
        return response

    def process_view(self, request: Request, *_view: object) -> HttpResponse | None:
        """Refuse what neither the mandate nor the merchant's invitation opens; say from here on by which clause it is done."""
        visit = request.agency_visit
        if visit is None or getattr(request, "is_dummy", False):
            return None
        try:
            way = gate.of_request(request, request.standing, invited=self._invited(request, visit))
        except gate.BeyondMandate as refusal:
            return render(request, "entry/beyond.html", {"refusal": refusal, "visit": visit}, status=403)
        visit.invited_now = way.given
        request.actor = actor_of(visit, mall_name=request.tenant.name, standing=request.standing, key=way.key)
        return None

    @staticmethod
    def _invited(request: Request, visit: AgencyVisit) -> Collection[str]:
        """Return what the merchant lets support change now; asked for only where something is written without a contract."""
        if visit.permissions_now is not None or request.method in gate.SAFE:
            return ()
        found = support.invitation(at=clock.now())
        return found.permissions if found else ()

    @staticmethod
    def _note(request: Request, visit: AgencyVisit, status: int) -> None:
        approvals.note_asked(by=request.actor, now=clock.now())
        act = visits.Act(request.method or "", request.path[:300], status)
        visits.note(visit, act, by=request.actor, now=clock.now())

    @staticmethod
    def _visit_id(request: Request) -> str:
        """Return the visit that the session belongs to; pages without a session cookie cost nothing."""
        inner = getattr(request, "is_dummy", False)  # a part of a request that is noted already
        if request.tenant is None or inner or settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return ""
        return str(request.session.get(SESSION_KEY, ""))

    @staticmethod
    def _closed(request: Request) -> HttpResponse | None:
        if _DELETES.fullmatch(request.path):
            return render(request, "403.html", {"who_can": _("the merchant")}, status=403)
        if request.path.startswith(_CLOSED) and not request.path.startswith(_OPEN_ANYWAY):
            return render(request, "entry/no_account.html", status=403)
        return None

    @staticmethod
    def _refused(request: Request, visit: AgencyVisit | None) -> HttpResponse:
        if request.user.is_authenticated and request.user.kind == User.Kind.AGENCY:
            logout(request)
        else:
            request.session.flush()
        context = {"visit": visit, "console_url": platform_url("/ops/")}
        response = render(request, "entry/ended.html", context, status=403)
        response.headers["Cache-Control"] = "no-store"
        return response
