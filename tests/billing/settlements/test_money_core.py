"""The whole money core against a simple model, step by step, by steps that nobody chose."""

from collections import Counter
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.factories.money import World

EXAMPLES, STEPS = 6, 50
DONE: Counter[str] = Counter()


@pytest.fixture
def machine(riverside: Any, bo: Any, now: Any, settings: Any) -> type[RuleBasedStateMachine]:
    """Return the machine of one mall; each example is rolled back."""
    settings.JURISDICTION = "cn"

    class Money(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.unit = transaction.atomic()
            # Like the transaction of a test case it is not a unit of work (ADR 0006).
            self.unit._from_testcase = True
            self.unit.__enter__()
            self.world = World(riverside, bo, now)

        @rule(act=st.sampled_from(World.ACTS), choice=st.integers(0, 59))
        def step(self, act: str, choice: int) -> None:
            self.world.step(act, choice)

        @invariant()
        def all_agree(self) -> None:
            assert self.world.differences() == []

        def teardown(self) -> None:
            DONE.update(self.world.done)
            transaction.set_rollback(True)
            self.unit.__exit__(None, None, None)

    return Money


def test_after_every_step_books_model_and_the_malls_facts_agree(machine: Any) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
            # A failing example is long to make smaller on a real database; its steps are printed.
            phases=[Phase.generate],
        ),
    )
    assert sum(DONE[act] for act in set(World.ACTS)) > EXAMPLES * STEPS / 4
    assert sum(1 for act in set(World.ACTS) if DONE[act]) >= 10, DONE
