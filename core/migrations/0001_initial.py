from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from core.models import OutboxState
from json import dumps, loads
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name='AuditRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ('actor_id', fields.BigIntField(null=True)),
                ('subject_id', fields.BigIntField(null=True)),
                ('verb', fields.CharField(max_length=60)),
                ('kind', fields.CharField(max_length=30)),
                ('object_id', fields.BigIntField(null=True)),
                ('change', fields.JSONField(default=dict, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('request_id', fields.CharField(default='', max_length=36)),
            ],
            options={'table': 'audit', 'app': 'core', 'indexes': [Index(fields=['kind', 'object_id']), Index(fields=['subject_id', 'at'])], 'pk_attr': 'id', 'table_description': 'Who did what to which thing, for whom, and when. Written in the same transaction, never changed.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='IdempotencyKey',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('actor_id', fields.BigIntField()),
                ('key', fields.CharField(max_length=255)),
                ('route', fields.CharField(max_length=200)),
                ('fingerprint', fields.CharField(max_length=64)),
                ('status', fields.SmallIntField()),
                ('body', fields.TextField(unique=False)),
                ('location', fields.CharField(default='', max_length=500)),
                ('created_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'idempotency_key', 'app': 'core', 'unique_together': (('actor_id', 'key'),), 'pk_attr': 'id', 'table_description': 'The answer to a request that must not happen twice, kept for 48 hours.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='OutboxRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('job', fields.CharField(max_length=100)),
                ('args', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('state', fields.CharEnumField(default=OutboxState.WAITING, description='WAITING: waiting\nRUNNING: running\nDONE: done\nDEAD: dead', enum_type=OutboxState, max_length=10)),
                ('due_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('key', fields.CharField(null=True, unique=True, max_length=150)),
                ('tries', fields.SmallIntField(default=0)),
                ('fence', fields.IntField(default=0)),
                ('heartbeat_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('last_error', fields.TextField(default='', unique=False)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('done_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'outbox', 'app': 'core', 'indexes': [Index(fields=['state', 'due_at'])], 'pk_attr': 'id', 'table_description': 'Work promised inside a transaction. This row is the truth, the queue only wakes the worker.'},
            bases=['Model'],
        ),
    ]
