"""Columns whose values may stand in public, each judged; every other column is looked for.

A new column of text, time, bytes or large numbers is personal until it is named here. Words from a
closed list of choices need not be named.
"""

from __future__ import annotations

LOG = "the log itself"
CAR = "which cars are built, as the catalogue shows them"
TEXT = "published for everybody to read"
PLAN = "the plant's own number of a plan"

OPEN: dict[str, str] = {
    "ledger.Entry.body": LOG,
    "ledger.Entry.kind": LOG,
    "ledger.Leaf.body": LOG,
    "ledger.StreamHead.stream": LOG,
    "ledger.StreamHead.leaf_hash": LOG,
    "ledger.Tree.edge": LOG,
    "ledger.Tree.root": LOG,
    "ledger.Checkpoint.note": LOG,
    "ledger.Checkpoint.root": LOG,
    "ledger.Checkpoint.published_at": "a checkpoint says when it was made",
    "ledger.Checkpoint.quorum_at": "a checkpoint says when it was cosigned",
    "orders.Launch.code": CAR,
    "orders.Launch.template_code": TEXT,
    "orders.Launch.chain": LOG,
    "orders.SalesGroup.code": CAR,
    "orders.Ticket.chain": "published as the head of its launch's chain; holds random codes",
    "catalogue.CarModel.code": CAR,
    "catalogue.Spec.code": CAR,
    "places.Place.code": CAR,
    "production.Resource.code": "a plant",
    "production.Plan.external_id": PLAN,
    "production.Plan.digest": PLAN,
    "production.Build.batch": "a batch of cars, where it is held",
    "production.BuildEvent.batch": "a batch of cars, where it is held",
    "production.QualityHold.batch": "a batch of cars, where it is held",
    "promises.Promise.stage": "a word of a closed list of the rules",
    "promises.OwedVersion.version": TEXT,
    "promises.UnusualPeriod.public_id": TEXT,
    "terms.Clause.code": TEXT,
    "terms.ClauseVersion.wording_digest": TEXT,
    "terms.Statement.code": TEXT,
    "terms.Statement.text_zh": TEXT,
    "terms.Statement.text_en": TEXT,
    "terms.Template.code": TEXT,
    "terms.Template.digest": TEXT,
    "terms.Template.withdrawn_why": TEXT,
    "terms.Ruling.case_no": TEXT,
    "terms.Ruling.court": TEXT,
    "terms.Ruling.overturned_why": TEXT,
    "terms.Statement.source": TEXT,
    "claims.Blob.content": TEXT,
    "claims.Blob.sha256": TEXT,
    "claims.Claim.code": TEXT,
    "claims.Claim.ended_why": TEXT,
    "claims.ClaimVersion.channel": TEXT,
    "claims.ClaimVersion.condition": TEXT,
    "claims.ClaimVersion.condition_en": TEXT,
    "claims.ClaimVersion.sha256": TEXT,
    "claims.ClaimVersion.text": TEXT,
    "claims.ClaimVersion.text_en": TEXT,
    "claims.ClaimVersion.url": TEXT,
    "claims.Commitment.public_id": TEXT,
    "claims.Commitment.sha256": TEXT,
    "claims.Evidence.public_id": TEXT,
    "claims.Evidence.sha256": TEXT,
    "claims.Claim.topic": TEXT,
    "claims.ClaimVersion.published_code": TEXT,
    "claims.Commitment.what_zh": TEXT,
    "claims.Commitment.what_en": TEXT,
    "claims.Commitment.proof": TEXT,
    "claims.HiddenPost.public_id": TEXT,
    "claims.HiddenPost.rule": TEXT,
    "claims.HiddenPost.seal": "salted: nobody finds the text again by trying",
}
