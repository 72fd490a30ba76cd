"""What every mall starts with, put into the template before it is recorded, so that each new mall gets it by the copy."""


def finish() -> None:
    """Fill the template. Runs inside its schema."""
