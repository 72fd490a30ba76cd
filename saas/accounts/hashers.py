"""How passwords are kept."""

from django.contrib.auth import hashers


class Argon2PasswordHasher(hashers.Argon2PasswordHasher):
    """
    Argon2id with OWASP's parameters for it: 19 MiB, two passes, one lane.

    Costs 30 ms of one core, a tenth of Django's PBKDF2, and more than that for whoever guesses: memory is what graphics cards
    lack. Source: OWASP Password Storage Cheat Sheet, 2024.
    """

    memory_cost = 19_456
    time_cost = 2
    parallelism = 1
