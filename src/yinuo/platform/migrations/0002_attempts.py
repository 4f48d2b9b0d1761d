
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('platform', '0001_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.TextField()),
                ('key', models.TextField()),
                ('since_at', models.DateTimeField()),
                ('count', models.IntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('scope', 'key'), name='attempt_once')],
            },
        ),
    ]
