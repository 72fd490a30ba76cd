"""
Dates in English as Babel writes them on the malls' pages: "Nov 27, 2026, 3:25 PM".

The names are Django's and our own; a page says `|date:"EXACT_FORMAT"`, and each language has all of them.
"""

DATE_FORMAT = "M j, Y"
TIME_FORMAT = "g:i A"
DATETIME_FORMAT = "M j, Y, g:i A"
DATETIME_ZONE_FORMAT = "M j, Y, g:i A e"
LONG_DATE_FORMAT = "F j, Y"
LONG_DAY_FORMAT = "F j"
MONTH_DAY_FORMAT = "M j"
MONTH_DAY_TIME_FORMAT = "M j, g:i A"
WEEKDAY_FORMAT = "l, F j"
WEEKDAY_TIME_FORMAT = "D, M j, g:i A"
# To the second, for books and trails.
EXACT_FORMAT = "M j, Y, g:i:s A"
EXACT_TIME_FORMAT = "g:i:s A"
# Under a chart's bars.
AXIS_DAY_FORMAT = "n/j"
