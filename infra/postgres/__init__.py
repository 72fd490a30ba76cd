"""PostgreSQL of a deployment: its settings, and what makes roles, database and extensions in it."""
