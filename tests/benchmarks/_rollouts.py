"""
Starts a roll-out for each line that it reads, each in a process of its own, and prints its number and then its exit code: Django is
loaded once. What the roll-outs say goes to stderr.
"""

import os
import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402

for _line in sys.stdin:
    child = os.fork()
    if not child:
        code = 1
        try:
            call_command("migrate_all", stdout=sys.stderr)
            code = 0
        finally:
            os._exit(code)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
