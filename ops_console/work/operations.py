"""Writes of the work: contracts compiled to plans and plans ended."""

from .planning import Commission, PlanRefused, compile, end_plans  # noqa: A004 - the act's name

__all__ = ["Commission", "PlanRefused", "compile", "end_plans"]
