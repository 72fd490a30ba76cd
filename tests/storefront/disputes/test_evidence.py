"""What is shown to the bank: made from the redemption log, saved, read, sent once, as texts and as a PDF."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from billing.gateway import client
from billing.gateway import disputes as gateway
from billing.gateway.operations import GatewayUnavailable, PaymentRefused
from saas.audit.models import AuditEntry
from storefront.disputes import documents, evidence, forgetting, looking, operations
from storefront.disputes.models import Dispute
from storefront.disputes.refusals import (
    DisputeDecided,
    EvidenceChanged,
    EvidenceMissing,
    EvidenceSent,
    EvidenceTooLate,
    EvidenceTooLong,
)
from storefront.orders.models import Order
from storefront.vouchers import codes
from tenants.isolation import current
from tests.storefront.disputes.bank import ALMA, FAY, Bank, use, vouchers_of
from tests.stripe_sandbox import StripeSandbox


def test_the_evidence_is_the_redemption_log_and_never_a_code(
    bank: Bank, sold: Order, bo: Any, now: datetime, run_tasks: Any
) -> None:
    first, second = vouchers_of(sold)
    use(first, bo, run_tasks)
    dispute = bank.opens()
    operations.add_note(dispute_public_id=dispute.public_id, note="She came with two friends.", by=ALMA, now=now)
    pack = evidence.made(Dispute.objects.get(pk=dispute.pk))

    assert "Mei Lin" in pack["customer_name"]
    assert f"Order {sold.number} placed" in pack["access_activity_log"]
    assert "code shown and confirmed by Bo" in pack["access_activity_log"]
    assert "Message with the vouchers sent to" in pack["access_activity_log"]
    assert "refunded in full" in pack["refund_policy_disclosure"]
    assert pack["customer_purchase_ip"] == "127.0.0.1"
    assert pack["uncategorized_text"] == "She came with two friends."
    said = "\n".join(pack.values()).replace("-", "")
    assert not any(codes.code_for(one).replace("-", "") in said for one in (first, second))
    assert set(pack) <= set(evidence.FIELDS)


def test_the_buyers_address_is_forgotten_when_no_bank_can_ask_any_more_and_no_dispute_is_open(
    bank: Bank, sold: Order
) -> None:
    """540 days after the payment; an unpaid order's after thirty."""
    paid_at = Order.objects.get().paid_at
    assert paid_at
    old = paid_at + timedelta(days=541)
    dispute = bank.opens()
    assert forgetting.forget_addresses(now=old) == 0, "a dispute is open about it"
    Dispute.objects.filter(pk=dispute.pk).update(state=Dispute.State.LOST, closed_at=old)
    assert forgetting.forget_addresses(now=paid_at + timedelta(days=539)) == 0
    assert forgetting.forget_addresses(now=old) == 1
    assert Order.objects.get().buyer_ip is None


def test_the_evidence_comes_as_a_pdf_whatever_its_texts_say(bank: Bank, sold: Order) -> None:
    dispute = bank.opens()
    said = '她带了两个朋友。 #import "x" is no command.\n' * 40
    for more in ({}, {"uncategorized_text": said}):
        pack = documents.Pack(dispute, "Riverside Noodles", {**evidence.made(dispute), **more})
        assert documents.as_pdf(pack).startswith(b"%PDF-")
        assert sold.number in documents.as_text(pack).decode()
        assert json.loads(documents.as_json(pack)) == pack.texts


def test_evidence_is_saved_then_sent_once_and_what_was_not_read_is_not_sent(
    bank: Bank, sold: Order, stripe: StripeSandbox, now: datetime
) -> None:
    dispute = bank.opens()
    which = {"dispute_public_id": dispute.public_id, "by": FAY, "now": now}
    with pytest.raises(EvidenceMissing):
        looking.submit(**which, version=0)
    operations.save_evidence(**which, evidence={"customer_name": "Mei", "uncategorized_text": " "})
    with pytest.raises(EvidenceChanged):
        looking.submit(**which, version=0)
    assert stripe.client.v1.disputes.retrieve(dispute.stripe_dispute).evidence_details.submission_count == 0
    sent = looking.submit(**which, version=1)

    there = stripe.client.v1.disputes.retrieve(dispute.stripe_dispute)
    assert (there.status, there.evidence.customer_name) == ("under_review", "Mei")
    paper = there.evidence.uncategorized_file
    assert (sent.state, sent.evidence) == ("sent", {"customer_name": "Mei", "uncategorized_file": paper})
    kept = requests.get(f"{stripe.url}/control/files/{paper}", timeout=15).content
    assert kept == documents.as_pdf(documents.Pack(sent, current.mall().name, sent.evidence))
    with pytest.raises(EvidenceSent):
        looking.submit(**which, version=1)
    with pytest.raises(EvidenceSent):
        operations.save_evidence(**which, evidence={"customer_name": "Somebody"})
    actions = AuditEntry.objects.filter(subject_kind="dispute").order_by("pk").values_list("action", "actor_name")
    assert list(actions) == [("dispute.evidence_saved", "Fay"), ("dispute.evidence_sent", "Fay")]


def test_w6_a_submission_whose_answer_was_lost_is_sent_once(bank: Bank, stripe: StripeSandbox, now: datetime) -> None:
    dispute = bank.opens()
    which = {"dispute_public_id": dispute.public_id, "by": FAY, "now": now}
    operations.save_evidence(**which, evidence={"customer_name": "Mei"})
    stripe.fault("commit_then_500", times=1, path="/v1/files")
    stripe.fault("unavailable", times=client.RETRIES, method="POST")
    with pytest.raises(GatewayUnavailable):
        looking.submit(**which, version=1)
    told = looking.submit(**which, version=1)
    there = stripe.client.v1.disputes.retrieve(dispute.stripe_dispute)
    assert (told.state, there.evidence_details.submission_count) == ("sent", 1)


def test_texts_go_without_a_paper_that_stripe_does_not_take(bank: Bank, stripe: StripeSandbox, now: datetime) -> None:
    dispute = bank.opens()
    which = {"dispute_public_id": dispute.public_id, "by": FAY, "now": now}
    operations.save_evidence(**which, evidence={"customer_name": "Mei"})
    with pytest.raises(PaymentRefused):
        gateway.upload_evidence(dispute_id=dispute.stripe_dispute, content=b"no PDF")
    operations.note_paper(dispute_public_id=dispute.public_id, version=1, file_id="", now=now)
    assert looking.submit(**which, version=1).state == "sent"
    there = stripe.client.v1.disputes.retrieve(dispute.stripe_dispute).evidence
    assert (there.customer_name, there.uncategorized_file) == ("Mei", None)


def test_evidence_is_refused_after_the_deadline_when_too_long_and_when_decided(bank: Bank, now: datetime) -> None:
    dispute = bank.opens()
    assert dispute.answer_until_at is not None
    which = {"dispute_public_id": dispute.public_id, "by": FAY}
    with pytest.raises(EvidenceTooLong):
        operations.save_evidence(**which, evidence={"customer_name": "x" * 20_001}, now=now)
    with pytest.raises(EvidenceTooLate):
        operations.save_evidence(**which, evidence={"customer_name": "Mei"}, now=dispute.answer_until_at)
    operations.save_evidence(
        **which, evidence={"customer_name": "Mei"}, now=dispute.answer_until_at - timedelta(seconds=1)
    )
    with pytest.raises(EvidenceTooLate):
        looking.submit(**which, version=1, now=dispute.answer_until_at)
    bank.closes(dispute, "lost")
    with pytest.raises(DisputeDecided):
        looking.submit(**which, version=1, now=now)
