"""Money that came while the law stopped what it was paid for is a task of its own kind."""

from django.db import migrations, models

KINDS = [
    ("BLOCKED_BILL", "Blocked Bill"),
    ("WRONG_AMOUNT", "Wrong Amount"),
    ("PAID_TWICE", "Paid Twice"),
    ("PAID_AFTER_END", "Paid After End"),
    ("UNMATCHED", "Unmatched"),
    ("PAY_BY_HAND", "Pay By Hand"),
    ("REFUND_FAILED", "Refund Failed"),
    ("KEEP_DISPUTED", "Keep Disputed"),
    ("LAW_STOPPED", "Law Stopped"),
]


class Migration(migrations.Migration):
    dependencies = [("payments", "0003_decision_of_law")]

    operations = [
        migrations.AlterField("moneytask", "kind", models.TextField(choices=KINDS)),
    ]
