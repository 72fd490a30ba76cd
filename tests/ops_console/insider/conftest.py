"""A hosted mall's deal in its audit, as the audits' own tests have it."""

from tests.ops_console.audits.conftest import case, deal, hosted, send, staff

__all__ = ["case", "deal", "hosted", "send", "staff"]
