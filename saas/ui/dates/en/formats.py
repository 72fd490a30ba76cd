"""Dates in English as Babel writes them on the malls' pages: "Nov 27, 2026, 3:25 PM"."""

DATE_FORMAT = "M j, Y"
TIME_FORMAT = "g:i A"
DATETIME_FORMAT = "M j, Y, g:i A"
