"""What an insider would try on the console: more rights for oneself, none for others. Each try is stopped and recorded."""

from typing import Any

import pytest

from ops_console.mandates import roles
from saas.accounts.models import User
from saas.audit.models import AuditEntry
from tests.factories.visiting import staff
from tests.ops_console.insider.moves import Move

CONSOLE_MOVES = [
    Move("make oneself an admin", "{self}/roles/", {"roles": "Admin"}),
    Move("take the admin's roles away", "{ada}/roles/", {"roles": "Read-only"}),
    Move("end the admin's account", "{ada}/end/"),
    Move("end a colleague's account", "{mei}/end/"),
    Move("take over a colleague's contracts and leads", "{mei}/hand-on/", {"accounts_to": "{self}"}),
    Move("let a friend in", "new/", {"name": "Eve", "email": "eve@evil.example", "roles": "Admin"}),
]


@pytest.mark.parametrize("role", [roles.OPERATOR, roles.MANAGER])
def test_nobody_but_an_admin_changes_who_works_for_the_agency_and_each_try_is_recorded(
    ada: User, mei: User, client_for: Any, role: str
) -> None:
    insider = staff("omar.test@hutong.example", "Omar", role)
    client, ids = client_for(None, insider), {"ada": ada.public_id, "mei": mei.public_id, "self": insider.public_id}
    before = list(User.objects.order_by("pk").values_list("pk", "is_active", "groups"))
    for move in CONSOLE_MOVES:
        path = f"/ops/team/people/{move.path.format(**ids)}"
        answer = client.post(path, {name: value.format(**ids) for name, value in move.data.items()})
        assert answer.status_code == 403, move.what
        told = AuditEntry.objects.filter(action="console.refused").latest("pk")
        assert (told.actor_public_id, told.summary) == (insider.public_id, f"POST {path} → 403")
    assert list(User.objects.order_by("pk").values_list("pk", "is_active", "groups")) == before
