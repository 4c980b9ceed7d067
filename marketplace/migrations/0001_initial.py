from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from marketplace.rules import CheckedBy, ClaimState, GigState, PayKind, PayState, Settles, ShiftState
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name='Gig',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('employer', fields.ForeignKeyField('accounts.Employer', source_field='employer_id', db_constraint=True, to_field='id', related_name='gigs', on_delete=OnDelete.RESTRICT)),
                ('site', fields.ForeignKeyField('accounts.Site', source_field='site_id', db_constraint=True, to_field='id', related_name='gigs', on_delete=OnDelete.RESTRICT)),
                ('title', fields.CharField(max_length=60)),
                ('trade', fields.CharField(max_length=20)),
                ('duties', fields.TextField(unique=False)),
                ('conditions', fields.TextField(unique=False)),
                ('min_age', fields.SmallIntField(default=18)),
                ('hourly_fen', fields.BigIntField()),
                ('settles', fields.CharEnumField(description='DAY: day\nWEEK: week\nFORTNIGHT: fortnight', enum_type=Settles, max_length=10)),
                ('meals', fields.BooleanField(default=False)),
                ('no_experience', fields.BooleanField(default=True)),
                ('insured', fields.BooleanField(default=False)),
                ('valid_until', fields.DateField()),
                ('state', fields.CharEnumField(default=GigState.DRAFT, description='DRAFT: draft\nPENDING: pending\nPUBLISHED: published\nREJECTED: rejected\nCLOSED: closed', enum_type=GigState, max_length=10)),
                ('rejection', fields.CharField(default='', max_length=300)),
                ('created_by', fields.ForeignKeyField('accounts.User', source_field='created_by_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('submitted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('decided_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('decided_by', fields.ForeignKeyField('accounts.User', source_field='decided_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
            ],
            options={'table': 'gig', 'app': 'marketplace', 'indexes': [Index(fields=['state', 'submitted_at']), Index(fields=['employer_id', 'state'])], 'pk_attr': 'id', 'table_description': 'A posting for short work at one place.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Shift',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('gig', fields.ForeignKeyField('marketplace.Gig', source_field='gig_id', db_constraint=True, to_field='id', related_name='shifts', on_delete=OnDelete.RESTRICT)),
                ('starts_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('ends_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('start_minute', fields.SmallIntField()),
                ('end_minute', fields.SmallIntField()),
                ('break_minutes', fields.SmallIntField(default=0)),
                ('places', fields.SmallIntField()),
                ('taken', fields.SmallIntField(default=0)),
                ('waiting', fields.SmallIntField(default=0)),
                ('state', fields.CharEnumField(default=ShiftState.OPEN, description='OPEN: open\nCANCELLED: cancelled', enum_type=ShiftState, max_length=10)),
                ('check_in_key', fields.CharField(max_length=32)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'shift', 'app': 'marketplace', 'indexes': [Index(fields=['state', 'starts_at']), Index(fields=['gig_id', 'starts_at'])], 'pk_attr': 'id', 'table_description': 'A gig on one day from–to, with places. `taken` and `waiting` are kept by conditional updates alone.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Terms',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('shift', fields.ForeignKeyField('marketplace.Shift', source_field='shift_id', db_constraint=True, to_field='id', related_name='terms', on_delete=OnDelete.RESTRICT)),
                ('version', fields.SmallIntField()),
                ('body', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('sha256', fields.CharField(max_length=64)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'terms', 'app': 'marketplace', 'unique_together': (('shift', 'version'),), 'pk_attr': 'id', 'table_description': 'What was agreed, word for word. A new row when anything in it changes, a claim names its row.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Claim',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('shift', fields.ForeignKeyField('marketplace.Shift', source_field='shift_id', db_constraint=True, to_field='id', related_name='claims', on_delete=OnDelete.RESTRICT)),
                ('worker', fields.ForeignKeyField('accounts.User', source_field='worker_id', db_constraint=True, to_field='id', related_name='claims', on_delete=OnDelete.RESTRICT)),
                ('terms', fields.ForeignKeyField('marketplace.Terms', source_field='terms_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('state', fields.CharEnumField(description='WAITING: waiting\nHIRED: hired\nWORKING: working\nWORKED: worked\nABSENT: absent\nUNDONE: undone\nCANCELLED: cancelled\nCALLED_OFF: called-off\nLAPSED: lapsed', enum_type=ClaimState, max_length=10)),
                ('starts_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('ends_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('joined_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('hired_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('undo_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('code_tries', fields.SmallIntField(default=0)),
            ],
            options={'table': 'claim', 'app': 'marketplace', 'indexes': [Index(fields=['worker_id', 'starts_at']), Index(fields=['shift_id', 'state', 'joined_at'])], 'pk_attr': 'id', 'table_description': "A worker's hold on one place of a shift, or on a place in its waiting list."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Attendance',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('claim', fields.OneToOneField('marketplace.Claim', source_field='claim_id', db_constraint=True, to_field='id', related_name='attendance', on_delete=OnDelete.RESTRICT)),
                ('in_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('in_by', fields.CharEnumField(description='QR: qr\nCODE: code\nHAND: hand', enum_type=CheckedBy, max_length=10)),
                ('in_distance_m', fields.IntField(null=True)),
                ('out_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('out_by', fields.CharEnumField(null=True, description='QR: qr\nCODE: code\nHAND: hand', enum_type=CheckedBy, max_length=10)),
                ('worked_minutes', fields.IntField(null=True)),
            ],
            options={'table': 'attendance', 'app': 'marketplace', 'pk_attr': 'id', 'table_description': 'When somebody came and went, and who says so.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='LedgerRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('shift', fields.ForeignKeyField('marketplace.Shift', source_field='shift_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('claim', fields.ForeignKeyField('marketplace.Claim', source_field='claim_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('change', fields.SmallIntField()),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'ledger', 'app': 'marketplace', 'unique_together': (('claim', 'change'),), 'indexes': [Index(fields=['shift_id'])], 'pk_attr': 'id', 'table_description': 'Places given and given back: +1 when a claim takes a place, -1 when it gives it back. Only ever added to.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='PayLine',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('claim', fields.ForeignKeyField('marketplace.Claim', source_field='claim_id', db_constraint=True, to_field='id', related_name='pay_lines', on_delete=OnDelete.RESTRICT)),
                ('employer', fields.ForeignKeyField('accounts.Employer', source_field='employer_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('worker', fields.ForeignKeyField('accounts.User', source_field='worker_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('kind', fields.CharEnumField(description='WORK: work\nCORRECTION: correction', enum_type=PayKind, max_length=12)),
                ('minutes', fields.IntField()),
                ('hourly_fen', fields.BigIntField()),
                ('amount_fen', fields.BigIntField()),
                ('state', fields.CharEnumField(description='DUE: due\nCONFIRMED: confirmed\nPAID: paid\nDISPUTED: disputed', enum_type=PayState, max_length=10)),
                ('due_on', fields.DateField()),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('confirmed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('paid_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('disputed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('dispute', fields.CharField(default='', max_length=300)),
            ],
            options={'table': 'pay_line', 'app': 'marketplace', 'indexes': [Index(fields=['employer_id', 'state', 'due_on']), Index(fields=['worker_id', 'created_at'])], 'pk_attr': 'id', 'table_description': 'One line of what a worker is owed for a claim, in fen. A paid line never changes, corrections are new lines.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Skip',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('claim', fields.ForeignKeyField('marketplace.Claim', source_field='claim_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('reason', fields.CharField(max_length=40)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'skip', 'app': 'marketplace', 'pk_attr': 'id', 'table_description': 'Why somebody on the waiting list was passed over when a place came free.'},
            bases=['Model'],
        ),
    ]
