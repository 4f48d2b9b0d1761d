import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('ledger', '0001_tables'),
        ('people', '0002_legal_staff'),
    ]

    operations = [
        migrations.CreateModel(
            name='Blob',
            fields=[
                ('sha256', models.TextField(primary_key=True, serialize=False)),
                ('content', models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name='Claim',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.TextField(unique=True)),
                ('topic', models.TextField()),
                ('opened_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_code', models.TextField(blank=True, choices=[('WITHDRAWN', 'Withdrawn'), ('DELETED', 'Deleted'), ('REPLACED', 'Replaced'), ('RAN_OUT', 'Ran Out'), ('WRONG', 'Wrong')])),
                ('ended_why', models.TextField(blank=True)),
                ('ended_entry', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.entry')),
                ('ended_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
                ('owner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
                ('speaker', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
            ],
        ),
        migrations.CreateModel(
            name='ClaimVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.IntegerField()),
                ('text', models.TextField()),
                ('text_en', models.TextField(blank=True)),
                ('condition', models.TextField(blank=True)),
                ('condition_en', models.TextField(blank=True)),
                ('unconditional', models.BooleanField(default=False)),
                ('url', models.TextField(blank=True)),
                ('channel', models.TextField()),
                ('expires_date', models.DateField(null=True)),
                ('layout', models.JSONField()),
                ('written_at', models.DateTimeField()),
                ('published_at', models.DateTimeField(null=True)),
                ('published_code', models.TextField(blank=True)),
                ('missing', models.JSONField(default=list)),
                ('sha256', models.TextField(blank=True)),
                ('entry', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.entry')),
                ('claim', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='claims.claim')),
                ('published_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
                ('written_by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
            ],
        ),
        migrations.CreateModel(
            name='Commitment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.TextField(unique=True)),
                ('what_zh', models.TextField()),
                ('what_en', models.TextField()),
                ('due_date', models.DateField()),
                ('made_at', models.DateTimeField()),
                ('sha256', models.TextField()),
                ('entry', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.entry')),
                ('closed_at', models.DateTimeField(null=True)),
                ('closed_code', models.TextField(blank=True, choices=[('DONE', 'Done'), ('GIVEN_UP', 'Given Up')])),
                ('proof', models.TextField(blank=True)),
                ('closed_entry', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.entry')),
                ('claim', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='commitments', to='claims.claim')),
                ('closed_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
                ('owner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
            ],
        ),
        migrations.CreateModel(
            name='Conflict',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('template', models.TextField()),
                ('clause', models.TextField()),
                ('clause_zh', models.TextField()),
                ('clause_en', models.TextField()),
                ('found_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('mended_at', models.DateTimeField(null=True)),
                ('claim', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='conflicts', to='claims.claim')),
                ('owner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
            ],
        ),
        migrations.CreateModel(
            name='Evidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.TextField(unique=True)),
                ('title', models.TextField()),
                ('sha256', models.TextField()),
                ('media_type', models.TextField()),
                ('size_bytes', models.BigIntegerField()),
                ('made_date', models.DateField()),
                ('valid_until_date', models.DateField(null=True)),
                ('added_at', models.DateTimeField()),
                ('published_at', models.DateTimeField(null=True)),
                ('entry', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.entry')),
                ('dropped_at', models.DateTimeField(null=True)),
                ('added_by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
                ('claim', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='claims.claim')),
                ('published_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
            ],
        ),
        migrations.CreateModel(
            name='HiddenPost',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.TextField(unique=True)),
                ('sender', models.TextField()),
                ('request_key', models.TextField()),
                ('request_digest', models.TextField()),
                ('post_ref', models.TextField()),
                ('act', models.TextField(choices=[('HIDDEN', 'Hidden'), ('REMOVED', 'Removed')])),
                ('rule', models.TextField()),
                ('reason', models.TextField()),
                ('salt', models.BinaryField()),
                ('text_sha256', models.TextField()),
                ('seal', models.TextField()),
                ('acted_at', models.DateTimeField()),
                ('reported_at', models.DateTimeField()),
                ('entry', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.entry')),
                ('evidence', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='claims.evidence')),
                ('reviewer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
            ],
        ),
        migrations.CreateModel(
            name='Appeal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('words', models.TextField()),
                ('asked_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('outcome', models.TextField(blank=True, choices=[('RESTORED', 'Restored'), ('UPHELD', 'Upheld')])),
                ('why', models.TextField(blank=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('entry', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.entry')),
                ('decided_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
                ('decider', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
                ('post', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='appeal', to='claims.hiddenpost')),
            ],
        ),
        migrations.CreateModel(
            name='Hold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('why', models.TextField()),
                ('placed_at', models.DateTimeField()),
                ('lifted_at', models.DateTimeField(null=True)),
                ('lifted_why', models.TextField(blank=True)),
                ('claim', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='claims.claim')),
                ('lifted_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
                ('placed_by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
            ],
        ),
        migrations.CreateModel(
            name='Signature',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('side', models.TextField(choices=[('ENGINEERING', 'Engineering'), ('LEGAL', 'Legal')])),
                ('digest', models.TextField()),
                ('signed_at', models.DateTimeField()),
                ('staff', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.staffmember')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='signatures', to='claims.claimversion')),
            ],
        ),
        migrations.AddConstraint(
            model_name='claim',
            constraint=models.CheckConstraint(condition=models.Q(('code__regex', '^[a-z][a-z0-9-]{2,59}$')), name='claim_code_form'),
        ),
        migrations.AddConstraint(
            model_name='claim',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('ended_code', ''), ('ended_why', '')), models.Q(('ended_at__isnull', False), ('ended_by__isnull', False), models.Q(('ended_code', ''), _negated=True), models.Q(('ended_why', ''), _negated=True)), _connector='OR'), name='claim_ended_says_why'),
        ),
        migrations.AddConstraint(
            model_name='claimversion',
            constraint=models.UniqueConstraint(fields=('claim', 'number'), name='claim_version_once'),
        ),
        migrations.AddConstraint(
            model_name='claimversion',
            constraint=models.UniqueConstraint(condition=models.Q(('published_at__isnull', True)), fields=('claim',), name='claim_draft_once'),
        ),
        migrations.AddConstraint(
            model_name='claimversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('published_at__isnull', True), ('published_code', ''), ('sha256', '')), models.Q(('published_at__isnull', False), ('published_by__isnull', False), models.Q(('sha256', ''), _negated=True), models.Q(('text', ''), _negated=True), models.Q(('url', ''), _negated=True), models.Q(('published_code', ''), _negated=True)), _connector='OR'), name='claim_published_whole'),
        ),
        migrations.AddConstraint(
            model_name='commitment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('closed_code', ''), ('proof', '')), models.Q(('closed_at__isnull', False), ('closed_by__isnull', False), models.Q(('closed_code', ''), _negated=True), models.Q(('proof', ''), _negated=True)), _connector='OR'), name='commitment_closed_shows'),
        ),
        migrations.AddConstraint(
            model_name='conflict',
            constraint=models.UniqueConstraint(condition=models.Q(('mended_at__isnull', True)), fields=('claim', 'template', 'clause'), name='claim_conflict_open_once'),
        ),
        migrations.AddConstraint(
            model_name='evidence',
            constraint=models.UniqueConstraint(fields=('claim', 'sha256'), name='evidence_file_once'),
        ),
        migrations.AddConstraint(
            model_name='evidence',
            constraint=models.CheckConstraint(condition=models.Q(('valid_until_date__isnull', True), ('valid_until_date__gte', models.F('made_date')), _connector='OR'), name='evidence_valid_later'),
        ),
        migrations.AddConstraint(
            model_name='evidence',
            constraint=models.CheckConstraint(condition=models.Q(('dropped_at__isnull', True), ('published_at__isnull', True), _connector='OR'), name='evidence_public_stays'),
        ),
        migrations.AddConstraint(
            model_name='evidence',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('published_at__isnull', True), ('published_by__isnull', True)), models.Q(('published_at__isnull', False), ('published_by__isnull', False)), _connector='OR'), name='evidence_published_by'),
        ),
        migrations.AddIndex(
            model_name='hiddenpost',
            index=models.Index(fields=['rule'], name='hidden_post_by_rule'),
        ),
        migrations.AddConstraint(
            model_name='hiddenpost',
            constraint=models.UniqueConstraint(fields=('sender', 'request_key'), name='hidden_post_once'),
        ),
        migrations.AddConstraint(
            model_name='hiddenpost',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('rule', 'BOTS'), _negated=True), ('evidence__isnull', False), _connector='OR'), name='hidden_post_bots_shown'),
        ),
        migrations.AddConstraint(
            model_name='hiddenpost',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reason', ''), _negated=True), models.Q(('post_ref', ''), _negated=True), models.Q(('rule', ''), _negated=True)), name='hidden_post_says_why'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by__isnull', True), ('outcome', ''), ('why', '')), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), models.Q(('outcome', ''), _negated=True), models.Q(('why', ''), _negated=True)), _connector='OR'), name='appeal_decided_whole'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.UniqueConstraint(condition=models.Q(('lifted_at__isnull', True)), fields=('claim',), name='claim_hold_once'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(('why', ''), _negated=True), name='claim_hold_says_why'),
        ),
        migrations.AddConstraint(
            model_name='signature',
            constraint=models.UniqueConstraint(fields=('version', 'side', 'digest'), name='claim_signed_once'),
        ),
    ]
