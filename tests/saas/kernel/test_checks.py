"""What the settings name is looked for at start."""

from typing import Any

import pytest

from saas.kernel.checks import names_resolve

NOWHERE = "storefront.refunds.operations.gone"


@pytest.mark.parametrize("name", ["APPROVED_ACTS", "AGENCY_BUYERS", "TASK_TITLES", "WORK_ANSWERED_AT"])
def test_a_function_that_is_not_there_is_told_at_start(name: str, settings: Any) -> None:
    assert names_resolve() == []
    setattr(settings, name, {"refund": NOWHERE} if name == "APPROVED_ACTS" else NOWHERE)
    (told,) = names_resolve()
    assert (NOWHERE in told.msg, told.msg.startswith(name)) == (True, True)
