"""The books: balanced postings in whole fen, never changed, never removed."""

from django.db import models


class Account(models.TextChoices):
    """Where money stands. A line above 0 is a debit, one below 0 a credit."""

    CLAIMS = "CLAIMS"  # what customers were asked for and have not paid
    ASKED = "ASKED"  # the other side of claims
    CLEARING_SANDBOX = "CLEARING_SANDBOX"
    CLEARING_WECHAT = "CLEARING_WECHAT"
    CLEARING_ALIPAY = "CLEARING_ALIPAY"
    CLEARING_BANK = "CLEARING_BANK"
    DEPOSITS_HELD = "DEPOSITS_HELD"
    BALANCES_HELD = "BALANCES_HELD"
    REVENUE = "REVENUE"
    REFUNDS_PAYABLE = "REFUNDS_PAYABLE"
    INTEREST = "INTEREST"
    DOUBLE_DEPOSIT = "DOUBLE_DEPOSIT"
    FORFEITS_KEPT = "FORFEITS_KEPT"
    FORFEITS_DISPUTED = "FORFEITS_DISPUTED"
    SUSPENSE = "SUSPENSE"


class Posting(models.Model):
    """A set of lines that adds up to 0; the database checks it when the transaction ends."""

    key = models.TextField(unique=True)
    kind = models.TextField()
    order = models.ForeignKey("orders.Order", models.PROTECT, null=True, related_name="+")
    bill = models.ForeignKey("Bill", models.PROTECT, null=True, related_name="+")
    posted_at = models.DateTimeField()


class PostingLine(models.Model):
    """One amount on one account, in fen; debit above 0, credit below."""

    posting = models.ForeignKey(Posting, models.PROTECT, related_name="lines")
    account = models.TextField(choices=Account)
    amount_fen = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="line_is_not_nothing", condition=~models.Q(amount_fen=0)),
            models.CheckConstraint(
                name="line_account_is_known", condition=models.Q(account__in=Account.values)
            ),
        ]
        indexes = [models.Index(fields=["account"], include=["amount_fen"], name="line_account")]
