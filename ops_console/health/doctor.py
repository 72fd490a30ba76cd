"""Asks every guard in turn. One that cannot do its work says so, and the others go on."""

import logging

from django.db import DatabaseError, InterfaceError

from tenants.isolation.entrance import on_platform

from . import guards
from .findings import Finding, Ground, Guard, Reading, unknown

logger = logging.getLogger(__name__)


def look(ground: Ground) -> list[Finding]:
    """
    Return one finding for each guard, in their order. Never inside a transaction.

    What a guard tries is rolled back; nothing that it does stays.
    """
    return [_finding(guard, ground) for guard in guards.ALL]


def _finding(guard: Guard, ground: Ground) -> Finding:
    reading = _read(guard, ground)
    return Finding(guard.name, str(guard.title), str(reading.state), reading.measured, str(guard.advice))


def _read(guard: Guard, ground: Ground) -> Reading:
    try:
        with on_platform():
            return guard.look(ground)
    except (DatabaseError, InterfaceError) as error:
        return unknown(str(error).strip().partition("\n")[0])
    except Exception as error:
        logger.exception("the guard %s could not look", guard.name)
        return unknown(f"{type(error).__name__}: {error}".partition("\n")[0])
