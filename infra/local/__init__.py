"""
Embedded PostgreSQL and Valkey, and the supervisor that runs them beside Hutong's own processes.

Nothing here imports Django: these modules run before settings exist, and only describe the servers
to their children through environment variables (see ``variables``).
"""
