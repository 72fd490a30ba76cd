"""In the place of the mall middleware: the mall is known, nothing is looked up."""

import os
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection
from django.urls import set_urlconf

from tenants.registry.models import Tenant


class FixedMall:
    """Gives every request the one mall."""

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response
        self.tenant: Any = None

    def __call__(self, request: Any) -> Any:
        """Answer in the mall."""
        if self.tenant is None:
            schema = os.environ["UNTENANTED_SCHEMA"]
            self.tenant = Tenant.objects.raw("SELECT * FROM public.registry_tenant WHERE schema_name = %s", [schema])[0]
        connection.tenant = self.tenant  # type: ignore[attr-defined]
        request.tenant, request.urlconf = self.tenant, settings.ROOT_URLCONF
        set_urlconf(settings.ROOT_URLCONF)
        return self.get_response(request)
