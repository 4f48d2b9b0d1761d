import django.db.models.deletion
from django.db import migrations, models

GUARD = """
CREATE FUNCTION planning_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'figures are append-only: % on % refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER planning_figure_no_change BEFORE UPDATE OR DELETE ON planning_figure
    FOR EACH ROW EXECUTE FUNCTION planning_refuse_change();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ('people', '0001_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='Study',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.TextField(choices=[('GROWTH', 'Growth')], unique=True)),
                ('result', models.JSONField()),
                ('made_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Figure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.TextField()),
                ('place_code', models.TextField(blank=True)),
                ('value', models.FloatField()),
                ('source', models.TextField()),
                ('set_at', models.DateTimeField()),
                ('set_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
            ],
            options={
                'indexes': [models.Index(fields=['name', 'place_code', '-id'], name='figure_newest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('source', ''), _negated=True), name='figure_has_source'), models.CheckConstraint(condition=models.Q(('value__gte', 0)), name='figure_not_negative')],
            },
        ),
        migrations.RunSQL(GUARD, migrations.RunSQL.noop),
    ]
