"""`./hutong up`: everything, in order, until Ctrl-C."""

from __future__ import annotations

import os
import sys
import time

from infra.local import ports
from infra.local.errors import LaunchError, Stopping
from infra.local.instance import Instance, Record
from infra.local.servers import Servers
from infra.local.service import Service
from infra.local.state import State, open_state
from infra.local.supervisor import say
from saas.project.cli.processes import Processes
from saas.project.cli.session import session

USAGE = """Usage: ./hutong up

Starts PostgreSQL, Valkey, the Stripe sandbox, the web, a worker and beat; makes three demo malls the first
time; prints the addresses and logins; stops everything at Ctrl-C. Data and logs are in HUTONG_STATE (.hutong).
"""
LABELS = {
    "sandbox": "The Stripe sandbox",
    "web": "The web",
    "worker": "The worker",
    "background": "The worker for long work",
    "beat": "The clock (beat)",
}


def run(arguments: list[str]) -> int:
    """Run the product until it is told to stop; say where it runs when it runs already, which is no failure."""
    if arguments:
        print(USAGE, file=sys.stderr)
        return 0 if arguments[0] in ("-h", "--help") else 2
    state = open_state()
    instance = Instance(state, "up")
    other = instance.running()
    if other is not None:
        say(already(other))
        return 0
    instance.take("up")
    try:
        return _run(state, instance)
    finally:
        instance.release()


def already(other: Record) -> str:
    """Return what a second `up` says."""
    if not other.address:
        return f"Hutong is starting already: process {other.pid}, since {other.since}."
    return (
        f"Hutong is running already: process {other.pid}, since {other.since}, at {other.address}\n"
        f"Stop it with Ctrl-C where it runs, or with: kill {other.pid}"
    )


def _run(state: State, instance: Instance) -> int:
    began = time.monotonic()
    environ = dict(os.environ)
    port = ports.web_port(environ)
    if not ports.is_free(port):
        raise LaunchError(
            f"Port {port} is taken by another program on this machine.\n"
            f"Stop that program, or choose another port: HUTONG_PORT={_free_near(port)} ./hutong up"
        )
    say(f"Hutong starts. State and logs: {state.root}")
    servers = Servers(state, environ)
    with session("up", servers) as running:
        say(f"  {servers.described()}")
        code = running.manage("prepare")
        if running.supervisor.stop_asked:
            raise Stopping(running.supervisor.stop_asked)
        if code:
            raise LaunchError(f"Preparing the database failed (exit code {code}); what it said is above.")
        processes = Processes(state, port, running.environment)
        own_stripe = not environ.get("STRIPE_API_BASE")
        if own_stripe:  # first: the guests of the demo's past pay there
            running.supervisor.start(processes.sandbox(), told=_is_ready)
        is_hosted = environ.get("HUTONG_DEMO_HOSTING", "1") != "0"
        if is_hosted:
            running.manage("demo_hosting", "--told")
        services = [processes.web(), processes.worker(), processes.background(), processes.beat()]
        running.supervisor.start(*services, told=_is_ready)
        address = f"http://localhost:{port}"
        instance.publish(variables={}, address=address)
        sandbox = f"http://localhost:{ports.remembered(state, 'sandbox')}" if own_stripe else ""
        say(f"\nReady after {time.monotonic() - began:.0f} s.\n\n{addresses(port, sandbox)}\n")
        if is_hosted:
            say("Eight more hosted malls are opened if they are missing; that takes about half a minute …")
            running.manage("demo_hosting")
        running.manage("demo_logins")
        say("\nCtrl-C stops everything.")
        reason = running.supervisor.watch()
        say(f"\n{reason}: stopping …")
    say("Stopped. The data stays; ./hutong up goes on where it was.")
    return 0


def _is_ready(service: Service) -> None:
    say(f"  {LABELS[service.name]} is ready")


def addresses(port: int, sandbox: str) -> str:
    """Return the addresses that a newcomer can open."""
    rows = [
        ("Platform", f"http://localhost:{port}"),
        ("Riverside Noodles", f"http://riverside.localhost:{port}"),
        ("Hillside Salon", f"http://hillside.localhost:{port}"),
        ("南门茶馆", f"http://nanmen-teahouse.localhost:{port}"),
        ("Back office", f"http://riverside.localhost:{port}/manage/"),
        ("Counter", f"http://riverside.localhost:{port}/counter/"),
        ("Ops console", f"http://localhost:{port}/ops/"),
        ("Mail and text messages", f"http://localhost:{port}/dev/messages/"),
    ]
    if sandbox:
        rows.append(("Stripe sandbox", sandbox))
    return "\n".join(f"  {name:<24}{address}" for name, address in rows)


def _free_near(port: int) -> int:
    return next((near for near in range(port + 1, min(port + 100, 65_536)) if ports.is_free(near)), port + 1)
