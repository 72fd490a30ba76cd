"""What a mall writes into its trail has words in the activity log. Read from the source, as the architecture's tests are."""

import ast
from collections.abc import Iterator
from pathlib import Path

from cms.backoffice.activity.words import WORDS

ROOT = Path(__file__).resolve().parents[3]
# What runs in malls; of the console only what takes an act back there.
RUNS_IN_MALLS = ("cms", "storefront", "tenants", "ops_console/mandates/reverting.py")
# Written into the platform's trail alone.
ON_THE_PLATFORM = {
    "mall.domains_released", "mall.erased", "mall.export_cancelled", "mall.exported", "mall.parked", "mall.quarantine_lifted",
    "mall.restore_asked", "mall.restore_cancelled", "mall.unparked", "work.dropped", "work.sent_again",
}  # fmt: skip
# What is put together while it runs, and what can come of it.
MADE = {
    "f'approval.{wanted}'": {"approval.approved", "approval.declined"},
    "f'deal.audit_{review.state}'": {f"deal.audit_{state}" for state in ("submitted", "asked", "approved", "refused")},
    "f'dispute.{dispute.state}'": {"dispute.won", "dispute.lost", "dispute.closed"},
    "f'mall.{kind}_cancelled'": {"mall.export_cancelled", "mall.restore_cancelled"},
    "f'order.{state.value}'": {"order.expired", "order.cancelled"},
    "f'terms.{state.value}'": {"terms.accepted", "terms.declined", "terms.withdrawn"},
}


def _files() -> Iterator[Path]:
    for name in RUNS_IN_MALLS:
        top = ROOT / name
        yield from [top] if top.is_file() else sorted(top.rglob("*.py"))


def _said(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield what stands for `action` in calls of the trail, and of the functions of this module that hand it on."""
    own = {
        node.name: [one.arg for one in node.args.args].index("action")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and "action" in [one.arg for one in node.args.args]
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in own or ast.unparse(node.func) in ("audit.record", "trail.note"):
            yield from [word.value for word in node.keywords if word.arg == "action"]
            place = own.get(name)
            if place is not None and place < len(node.args):
                yield node.args[place]


def _actions(tree: ast.Module) -> Iterator[str]:
    assigned: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            assigned.setdefault(node.targets[0].id, []).append(node.value)
    for said in _said(tree):
        for value in assigned.get(said.id, []) if isinstance(said, ast.Name) else [said]:
            if isinstance(value, ast.JoinedStr):
                yield from MADE[ast.unparse(value)]
            elif isinstance(value, ast.IfExp):
                yield from (str(one.value) for one in (value.body, value.orelse) if isinstance(one, ast.Constant))
            elif isinstance(value, ast.Constant):
                yield str(value.value)


def test_each_act_that_a_mall_records_has_words() -> None:
    texts = (path.read_text(encoding="utf-8") for path in _files())
    found = {action for text in texts if "action" in text for action in _actions(ast.parse(text))}
    assert len(found) > 100
    assert {"act.reverted", "mall.language", "order.expired", "page.created", "voucher.refund_declined"} <= found
    assert found - set(WORDS) - ON_THE_PLATFORM == set()
    assert found >= ON_THE_PLATFORM, "what nobody records any more leaves the list"
