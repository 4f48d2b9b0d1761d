"""Bays, hours, duty, absences, visits, and what fills a zone of the yard."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('handover', '0002_what_is_signed_stays'),
        ('orders', '0003_quotes'),
        ('people', '0001_tables'),
        ('places', '0001_tables'),
    ]

    operations = [
        BtreeGistExtension(),
        migrations.CreateModel(
            name='Bay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.TextField()),
                ('name_zh', models.TextField()),
                ('name_en', models.TextField()),
                ('active', models.BooleanField(default=True)),
                ('centre', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.place')),
            ],
        ),
        migrations.CreateModel(
            name='MovePermit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.TextField(unique=True)),
                ('vin', models.TextField()),
                ('during', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('state', models.TextField(choices=[('ISSUED', 'Issued'), ('DONE', 'Done'), ('WITHDRAWN', 'Withdrawn')], default='ISSUED')),
                ('issued_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('centre', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.place')),
                ('driver', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
                ('issued_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
            ],
        ),
        migrations.CreateModel(
            name='NearMiss',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.TextField(unique=True)),
                ('kind', models.TextField(choices=[('NEAR_MISS', 'Near Miss'), ('ACCIDENT', 'Accident')])),
                ('at', models.DateTimeField()),
                ('words', models.TextField()),
                ('seen_by', models.TextField()),
                ('reported_at', models.DateTimeField()),
                ('follow_up_by_at', models.DateTimeField()),
                ('outcome', models.TextField(blank=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('follows_up', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
                ('reported_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
            ],
        ),
        migrations.CreateModel(
            name='Visit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.TextField(unique=True)),
                ('during', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('party', models.SmallIntegerField()),
                ('state', models.TextField(choices=[('BOOKED', 'Booked'), ('STARTED', 'Started'), ('ENDED', 'Ended'), ('CANCELLED', 'Cancelled'), ('CALLED_OFF', 'Called Off'), ('MISSED_BY_CUSTOMER', 'Missed By Customer'), ('MISSED_BY_CENTRE', 'Missed By Centre')], default='BOOKED')),
                ('version', models.IntegerField(default=1)),
                ('booked_at', models.DateTimeField()),
                ('arrived_at', models.DateTimeField(null=True)),
                ('started_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('reminded_at', models.DateTimeField(null=True)),
                ('bay', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='visits', to='handover.bay')),
                ('centre', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.place')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orders.order')),
                ('staff', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
            ],
        ),
        migrations.CreateModel(
            name='Zone',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.TextField()),
                ('name_zh', models.TextField()),
                ('name_en', models.TextField()),
                ('people_max', models.SmallIntegerField()),
                ('centre', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.place')),
            ],
        ),
        migrations.CreateModel(
            name='SlotStop',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.TextField(unique=True)),
                ('during', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('reason', models.TextField()),
                ('ordered_at', models.DateTimeField()),
                ('lifted_at', models.DateTimeField(null=True)),
                ('lifted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
                ('near_miss', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='stops', to='handover.nearmiss')),
                ('ordered_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
                ('zone', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stops', to='handover.zone')),
            ],
        ),
        migrations.CreateModel(
            name='SlotCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slot_at', models.DateTimeField()),
                ('people', models.SmallIntegerField()),
                ('people_max', models.SmallIntegerField()),
                ('centre', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.place')),
                ('zone', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='handover.zone')),
            ],
        ),
        migrations.CreateModel(
            name='Occupancy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.TextField(choices=[('PEOPLE', 'People'), ('VEHICLE_MOVE', 'Vehicle Move'), ('STOP', 'Stop')])),
                ('use', models.BigIntegerField()),
                ('during', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('permit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='handover.movepermit')),
                ('staff', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
                ('stop', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='handover.slotstop')),
                ('visit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='handover.visit')),
                ('zone', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='handover.zone')),
            ],
        ),
        migrations.AddField(
            model_name='nearmiss',
            name='zone',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='near_misses', to='handover.zone'),
        ),
        migrations.AddField(
            model_name='movepermit',
            name='from_zone',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='handover.zone'),
        ),
        migrations.AddField(
            model_name='movepermit',
            name='to_zone',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='handover.zone'),
        ),
        migrations.AddField(
            model_name='bay',
            name='zone',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bays', to='handover.zone'),
        ),
        migrations.CreateModel(
            name='Absence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.TextField(unique=True)),
                ('during', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('reason', models.TextField(choices=[('SICK', 'Sick'), ('LEAVE', 'Leave'), ('TRAINING', 'Training'), ('OTHER', 'Other')])),
                ('take_over_by_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
                ('staff', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('during__isempty', False), ('during__lower_inc', True), ('during__lower_inf', False), ('during__upper_inc', False)), name='absence_half_open'), django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('staff', '='), ('during', '&&')], name='nobody_away_twice')],
            },
        ),
        migrations.CreateModel(
            name='Duty',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('during', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('centre', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.place')),
                ('staff', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('during__isempty', False), ('during__lower_inc', True), ('during__lower_inf', False), ('during__upper_inc', False), ('during__upper_inf', False)), name='duty_half_open'), django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('staff', '='), ('during', '&&')], name='nobody_on_duty_twice')],
            },
        ),
        migrations.CreateModel(
            name='Opening',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('opens_at', models.TimeField()),
                ('closes_at', models.TimeField()),
                ('visit_minutes', models.SmallIntegerField()),
                ('people_max', models.SmallIntegerField()),
                ('party_max', models.SmallIntegerField()),
                ('centre', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.place')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('closes_at__gt', models.F('opens_at'))), name='opening_opens_before_it_closes'), models.CheckConstraint(condition=models.Q(('party_max__gt', 0), ('visit_minutes__gt', 0), ('people_max__gte', models.F('party_max'))), name='opening_has_room')],
            },
        ),
        migrations.AddIndex(
            model_name='visit',
            index=models.Index(fields=['centre', 'state'], name='visit_by_centre'),
        ),
        migrations.AddConstraint(
            model_name='visit',
            constraint=models.CheckConstraint(condition=models.Q(('during__isempty', False), ('during__lower_inc', True), ('during__lower_inf', False), ('during__upper_inc', False), ('during__upper_inf', False)), name='visit_half_open'),
        ),
        migrations.AddConstraint(
            model_name='visit',
            constraint=models.CheckConstraint(condition=models.Q(('party__gt', 0)), name='visit_has_people'),
        ),
        migrations.AddConstraint(
            model_name='visit',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'STARTED'), _negated=True), ('started_at__isnull', False), _connector='OR'), name='visit_started_has_time'),
        ),
        migrations.AddConstraint(
            model_name='visit',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ('BOOKED', 'STARTED'))), fields=('order',), name='visit_one_open'),
        ),
        migrations.AddConstraint(
            model_name='visit',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('state__in', ('BOOKED', 'STARTED', 'ENDED'))), expressions=[('bay', '='), ('during', '&&')], name='bay_never_twice'),
        ),
        migrations.AddConstraint(
            model_name='visit',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('state__in', ('BOOKED', 'STARTED', 'ENDED'))), expressions=[('staff', '='), ('during', '&&')], name='staff_never_twice'),
        ),
        migrations.AddConstraint(
            model_name='visit',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('state__in', ('BOOKED', 'STARTED', 'ENDED'))), expressions=[('order', '='), ('during', '&&')], name='order_never_twice'),
        ),
        migrations.AddConstraint(
            model_name='zone',
            constraint=models.UniqueConstraint(fields=('centre', 'code'), name='zone_once'),
        ),
        migrations.AddConstraint(
            model_name='zone',
            constraint=models.CheckConstraint(condition=models.Q(('people_max__gte', 0)), name='zone_people_max'),
        ),
        migrations.AddConstraint(
            model_name='slotstop',
            constraint=models.CheckConstraint(condition=models.Q(('during__isempty', False), ('during__lower_inc', True), ('during__lower_inf', False), ('during__upper_inc', False), ('during__upper_inf', False)), name='stop_half_open'),
        ),
        migrations.AddConstraint(
            model_name='slotstop',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='stop_has_reason'),
        ),
        migrations.AddConstraint(
            model_name='slotcount',
            constraint=models.UniqueConstraint(fields=('centre', 'zone', 'slot_at'), name='slot_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='slotcount',
            constraint=models.CheckConstraint(condition=models.Q(('people__gte', 0), ('people__lte', models.F('people_max'))), name='slot_people_cap'),
        ),
        migrations.AddConstraint(
            model_name='occupancy',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'PEOPLE'), ('use', 0), ('visit__isnull', False)), models.Q(('kind', 'VEHICLE_MOVE'), ('permit__isnull', False), ('use__gt', 0)), models.Q(('kind', 'STOP'), ('stop__isnull', False), ('use__lt', 0)), _connector='OR'), name='occupancy_of_one_thing'),
        ),
        migrations.AddConstraint(
            model_name='occupancy',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('zone', '='), ('during', '&&'), ('use', '<>')], name='people_and_moving_cars_apart'),
        ),
        migrations.AddConstraint(
            model_name='occupancy',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('staff', '='), ('during', '&&')], name='nobody_in_two_places'),
        ),
        migrations.AddConstraint(
            model_name='nearmiss',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('words', ''), _negated=True), models.Q(('seen_by', ''), _negated=True)), name='near_miss_says_what'),
        ),
        migrations.AddConstraint(
            model_name='nearmiss',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('outcome', '')), models.Q(('closed_at__isnull', False), models.Q(('outcome', ''), _negated=True)), _connector='OR'), name='near_miss_closed_with_outcome'),
        ),
        migrations.AddConstraint(
            model_name='nearmiss',
            constraint=models.CheckConstraint(condition=models.Q(('at__lte', models.F('reported_at'))), name='near_miss_not_in_the_future'),
        ),
        migrations.AddConstraint(
            model_name='movepermit',
            constraint=models.CheckConstraint(condition=models.Q(('during__isempty', False), ('during__lower_inc', True), ('during__lower_inf', False), ('during__upper_inc', False), ('during__upper_inf', False)), name='permit_half_open'),
        ),
        migrations.AddConstraint(
            model_name='movepermit',
            constraint=models.CheckConstraint(condition=models.Q(('vin', ''), _negated=True), name='permit_names_a_car'),
        ),
        migrations.AddConstraint(
            model_name='movepermit',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('state', 'ISSUED')), expressions=[('vin', '='), ('during', '&&')], name='a_car_moves_once_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='bay',
            constraint=models.UniqueConstraint(fields=('centre', 'code'), name='bay_once'),
        ),
    ]
