"""Launches, what of them may be sold, and the tickets people take."""

import django.db.models.deletion
from django.db import migrations, models

FIXED = """
CREATE FUNCTION orders_refuse_ticket_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'number, moment and signature of ticket % are fixed', OLD.code
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER orders_ticket_is_fixed BEFORE UPDATE ON orders_ticket
    FOR EACH ROW
    WHEN (OLD.launch_id <> NEW.launch_id OR OLD.number <> NEW.number OR OLD.code <> NEW.code
          OR OLD.request_key <> NEW.request_key OR OLD.taken_at <> NEW.taken_at
          OR OLD.chain <> NEW.chain OR OLD.signature <> NEW.signature)
    EXECUTE FUNCTION orders_refuse_ticket_change();
CREATE TRIGGER orders_ticket_stays BEFORE DELETE ON orders_ticket
    FOR EACH ROW EXECUTE FUNCTION orders_refuse_ticket_change();
ALTER TABLE orders_ticket ENABLE ALWAYS TRIGGER orders_ticket_is_fixed;
ALTER TABLE orders_ticket ENABLE ALWAYS TRIGGER orders_ticket_stays;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0001_tables'),
        ('orders', '0003_quotes'),
        ('people', '0001_tables'),
        ('places', '0001_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='Launch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.TextField(unique=True)),
                ('opens_at', models.DateTimeField()),
                ('closes_at', models.DateTimeField(null=True)),
                ('finish_hours', models.IntegerField(default=48)),
                ('deposit_fen', models.BigIntegerField(default=500000)),
                ('template_code', models.TextField(blank=True, db_default='')),
                ('numbers_given', models.BigIntegerField(db_default=0, default=0)),
                ('last_taken_at', models.DateTimeField(null=True)),
                ('chain', models.TextField(blank=True, db_default='')),
                ('created_at', models.DateTimeField()),
                ('car_model', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.carmodel')),
            ],
        ),
        migrations.CreateModel(
            name='SalesGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.TextField()),
                ('waiting_given', models.BigIntegerField(db_default=0, default=0)),
                ('waiting_served', models.BigIntegerField(db_default=0, default=0)),
                ('launch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='groups', to='orders.launch')),
                ('specs', models.ManyToManyField(related_name='+', to='catalogue.spec')),
            ],
        ),
        migrations.CreateModel(
            name='SalesCell',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(null=True)),
                ('for_sale', models.BigIntegerField()),
                ('taken', models.BigIntegerField(db_default=0, default=0)),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cells', to='orders.salesgroup')),
            ],
        ),
        migrations.CreateModel(
            name='Ticket',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.BigIntegerField()),
                ('code', models.TextField()),
                ('request_key', models.TextField()),
                ('taken_at', models.DateTimeField()),
                ('chain', models.TextField()),
                ('signature', models.TextField()),
                ('state', models.TextField(choices=[('WAITING', 'Waiting'), ('TAKEN', 'Taken'), ('ORDERED', 'Ordered'), ('LOCKED', 'Locked'), ('WITHDRAWN', 'Withdrawn'), ('LAPSED', 'Lapsed')])),
                ('waiting_no', models.BigIntegerField(null=True)),
                ('due_at', models.DateTimeField(null=True)),
                ('reminded_at', models.DateTimeField(null=True)),
                ('ordered_at', models.DateTimeField(null=True)),
                ('undo_until_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('cell', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tickets', to='orders.salescell')),
                ('centre', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.place')),
                ('group', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='tickets', to='orders.salesgroup')),
                ('launch', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='tickets', to='orders.launch')),
                ('order', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='ticket', to='orders.order')),
                ('person', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('spec', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.spec')),
            ],
        ),
        migrations.AddConstraint(
            model_name='launch',
            constraint=models.CheckConstraint(condition=models.Q(('closes_at__isnull', True), ('closes_at__gt', models.F('opens_at')), _connector='OR'), name='launch_closes_after_it_opens'),
        ),
        migrations.AddConstraint(
            model_name='launch',
            constraint=models.CheckConstraint(condition=models.Q(('deposit_fen__gte', 0), ('finish_hours__gte', 1), ('numbers_given__gte', 0)), name='launch_figures'),
        ),
        migrations.AddConstraint(
            model_name='salesgroup',
            constraint=models.UniqueConstraint(fields=('launch', 'code'), name='sales_group_once'),
        ),
        migrations.AddConstraint(
            model_name='salesgroup',
            constraint=models.CheckConstraint(condition=models.Q(('waiting_served__gte', 0), ('waiting_served__lte', models.F('waiting_given'))), name='sales_group_waiting'),
        ),
        migrations.AddConstraint(
            model_name='salescell',
            constraint=models.UniqueConstraint(fields=('group', 'day'), name='sales_cell_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='salescell',
            constraint=models.CheckConstraint(condition=models.Q(('taken__gte', 0), ('taken__lte', models.F('for_sale'))), name='sales_cell_never_oversold'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(condition=models.Q(('state', 'WAITING')), fields=['group', 'waiting_no'], name='ticket_waiting'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(condition=models.Q(('state__in', ['TAKEN', 'ORDERED'])), fields=['due_at'], name='ticket_due'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(condition=models.Q(('person__isnull', False)), fields=['person'], name='ticket_by_person'),
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.UniqueConstraint(fields=('launch', 'number'), name='ticket_number_once'),
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.UniqueConstraint(fields=('code',), name='ticket_code_once'),
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.UniqueConstraint(fields=('launch', 'request_key'), name='ticket_request_once'),
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['WAITING', 'TAKEN', 'ORDERED'])), fields=('launch', 'person'), name='ticket_open_once_a_person'),
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cell__isnull', False), ('state__in', ['TAKEN', 'ORDERED', 'LOCKED'])), models.Q(('cell__isnull', True), ('state__in', ['WAITING', 'WITHDRAWN', 'LAPSED'])), _connector='OR'), name='ticket_place_is_held'),
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'WAITING'), _negated=True), ('waiting_no__isnull', False), _connector='OR'), name='ticket_waits_with_number'),
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'LOCKED'), _negated=True), models.Q(('order__isnull', False), ('person__isnull', False), ('undo_until_at__isnull', False)), _connector='OR'), name='ticket_locked_is_an_order'),
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['TAKEN', 'ORDERED']), _negated=True), ('due_at__isnull', False), _connector='OR'), name='ticket_holder_is_given_time'),
        ),
        migrations.RunSQL(FIXED),
    ]
