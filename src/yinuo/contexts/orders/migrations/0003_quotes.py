"""The quote that an order was made from."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_rank_is_fixed")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="quote_ref",
            field=models.TextField(blank=True, db_default=""),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(
                fields=["quote_ref"],
                condition=~models.Q(quote_ref=""),
                name="quote_ordered_once",
            ),
        ),
    ]
