"""Leaving and coming back, waiting longer, disagreeing, and what is offered unasked."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0007_line_moves_are_recorded'),
        ('people', '0001_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='ExitOffer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('waited_days', models.IntegerField()),
                ('offered_at', models.DateTimeField()),
                ('order', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='exit_offer', to='orders.order')),
            ],
        ),
        migrations.CreateModel(
            name='Cancellation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.TextField(unique=True)),
                ('request_key', models.TextField()),
                ('asked_at', models.DateTimeField()),
                ('state_before', models.TextField()),
                ('ground', models.TextField()),
                ('paid_fen', models.BigIntegerField()),
                ('interest_fen', models.BigIntegerField(default=0)),
                ('penalty_fen', models.BigIntegerField(default=0)),
                ('refund_by_date', models.DateField()),
                ('back_until_at', models.DateTimeField(null=True)),
                ('decide_by_at', models.DateTimeField(null=True)),
                ('settled_at', models.DateTimeField(null=True)),
                ('restored_at', models.DateTimeField(null=True)),
                ('why', models.TextField(blank=True, default='')),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('decider', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cancellations', to='orders.order')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('restored_at', None), ('settled_at', None)), fields=['decide_by_at'], name='cancellation_undecided')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('restored_at', None)), fields=('order',), name='cancellation_stands_once'), models.UniqueConstraint(fields=('order', 'request_key'), name='cancellation_request_once'), models.CheckConstraint(condition=models.Q(('interest_fen__gte', 0), ('paid_fen__gte', 0), ('penalty_fen__gte', 0)), name='cancellation_amounts'), models.CheckConstraint(condition=models.Q(('decider__isnull', True), ('decide_by_at__isnull', False), _connector='OR'), name='cancellation_decider_has_time')],
            },
        ),
        migrations.CreateModel(
            name='Dispute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.TextField(unique=True)),
                ('request_key', models.TextField()),
                ('code', models.TextField(unique=True)),
                ('about', models.TextField()),
                ('words', models.TextField(blank=True)),
                ('opened_at', models.DateTimeField()),
                ('answer_by_at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(null=True)),
                ('outcome', models.TextField(blank=True, default='')),
                ('answerer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
                ('opened_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disputes', to='orders.order')),
                ('settled_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('settled_at', None)), fields=('order',), name='dispute_open_once'), models.UniqueConstraint(fields=('order', 'request_key'), name='dispute_request_once'), models.CheckConstraint(condition=models.Q(('settled_at', None), models.Q(('settled_by__isnull', False), models.Q(('outcome', ''), _negated=True)), _connector='OR'), name='dispute_settled_by_somebody')],
            },
        ),
        migrations.CreateModel(
            name='Postponement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.TextField(unique=True)),
                ('request_key', models.TextField()),
                ('asked_at', models.DateTimeField()),
                ('not_before_date', models.DateField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='postponements', to='orders.order')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('order',), name='postponed_once'), models.UniqueConstraint(fields=('order', 'request_key'), name='postponement_request_once')],
            },
        ),
    ]
