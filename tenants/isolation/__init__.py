"""The guards that keep a mall's data inside the mall. Enter a mall with `tenants.isolation.entrance.inside`."""
