"""
A local process that speaks Stripe's wire, so that no test, demo or developer needs the internet or an account.

It stands alone: it imports nothing of Django and nothing of the rest of the product, as Stripe itself would not.
"""

API_VERSION = "2026-10-28.endive"
"""The Stripe API version that the objects here are shaped after: the one that stripe-python 16.1 pins."""
