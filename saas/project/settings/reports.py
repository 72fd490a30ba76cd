"""Reports to hosted merchants, and what the agency's hours cost; see ops_console.reports."""

from .places import env

# A rate of fewer than so many is not shown: it would say more than is known.
REPORT_MINIMUM_SAMPLE = env.int("HUTONG_REPORT_MINIMUM_SAMPLE", 30)
# Hours after a week's or month's end that a report waits for tasks which are late and still count.
REPORT_PATIENCE_HOURS = env.int("HUTONG_REPORT_PATIENCE_HOURS", 48)
# What an hour of the agency's people costs, minor units by currency ("usd=3500,eur=3200"), and how many hours a week one works.
AGENCY_HOUR_COST: dict[str, int] = env.dict(
    "HUTONG_AGENCY_HOUR_COST", {"usd": 3500, "eur": 3200, "gbp": 2800, "cny": 12000}, subcast_values=int
)
AGENCY_WEEK_HOURS = env.float("HUTONG_AGENCY_WEEK_HOURS", 32.0)
