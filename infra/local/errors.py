"""What can go wrong while servers are started, each with a sentence for the person at the terminal."""


class LaunchError(Exception):
    """Something that keeps Hutong from starting; the message says what, and what to do about it."""


class ServiceFailed(LaunchError):
    """A service stopped or did not become ready while the instance was starting."""


class Stopping(Exception):
    """Somebody asked for the end while the instance was still starting."""
