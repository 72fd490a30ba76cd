"""The migrations of `storefront.deals` and those of a next release, for tests that set MIGRATION_MODULES to this package."""

import storefront.deals.migrations as present

__path__ = [*present.__path__, *__path__]
