from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from accounts.rules import EmployerKind, IdentityState, LicenceState, OfficeKind, Purpose, Role, SessionKind
from core.crypto import EncryptedField
from json import dumps, loads
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name='Office',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('name', fields.CharField(max_length=80)),
                ('kind', fields.CharEnumField(description='BUREAU: bureau\nSTATION: station\nORGANISER: organiser', enum_type=OfficeKind, max_length=10)),
                ('region_code', fields.CharField(max_length=9)),
                ('address', fields.CharField(default='', max_length=200)),
                ('lat', fields.FloatField(null=True)),
                ('lon', fields.FloatField(null=True)),
            ],
            options={'table': 'office', 'app': 'accounts', 'pk_attr': 'id', 'table_description': 'A public employment office, one of its stations, or an organiser of fairs.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='SignInCode',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('phone', EncryptedField(unique=False)),
                ('phone_index', fields.CharField(db_index=True, max_length=64)),
                ('nonce', fields.CharField(max_length=32)),
                ('tries', fields.SmallIntField(default=0)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('expires_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('used_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'sign_in_code', 'app': 'accounts', 'pk_attr': 'id', 'table_description': 'A code sent to a phone, good once, for five minutes, for five tries.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='User',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('phone', EncryptedField(unique=False)),
                ('phone_index', fields.CharField(unique=True, max_length=64)),
                ('name', fields.CharField(default='', max_length=60)),
                ('locale', fields.CharField(default='zh-Hans', max_length=10)),
                ('id_number', EncryptedField(null=True, unique=False)),
                ('id_index', fields.CharField(null=True, unique=True, max_length=64)),
                ('birth_date', fields.DateField(null=True)),
                ('identity_state', fields.CharEnumField(default=IdentityState.NONE, description='NONE: none\nDECLARED: declared\nVERIFIED: verified', enum_type=IdentityState, max_length=10)),
                ('totp_secret', EncryptedField(null=True, unique=False)),
                ('totp_last_step', fields.BigIntField(default=0)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('disabled_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'account', 'app': 'accounts', 'pk_attr': 'id', 'table_description': "A person's account."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Employer',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('name', fields.CharField(max_length=100)),
                ('credit_code', fields.CharField(unique=True, max_length=18)),
                ('kind', fields.CharEnumField(description='COMPANY: company\nINDIVIDUAL: individual\nNONPROFIT: nonprofit', enum_type=EmployerKind, max_length=10)),
                ('region_code', fields.CharField(max_length=6)),
                ('licence_state', fields.CharEnumField(default=LicenceState.MISSING, description='MISSING: missing\nPENDING: pending\nVERIFIED: verified\nREJECTED: rejected\nEXPIRED: expired', enum_type=LicenceState, max_length=10)),
                ('licence_path', fields.CharField(default='', max_length=100)),
                ('licence_type', fields.CharField(default='', max_length=40)),
                ('submitted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('decided_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('decided_by', fields.ForeignKeyField('accounts.User', source_field='decided_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('verified_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('rejection', fields.CharField(default='', max_length=300)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'employer', 'app': 'accounts', 'indexes': [Index(fields=['licence_state', 'region_code'])], 'pk_attr': 'id', 'table_description': 'A company, an individual business or a non-profit that hires.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Consent',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('user', fields.ForeignKeyField('accounts.User', source_field='user_id', db_constraint=True, to_field='id', related_name='consents', on_delete=OnDelete.CASCADE)),
                ('purpose', fields.CharEnumField(description='SHARE_WITH_EMPLOYER: share-with-employer\nLOCATION: location', enum_type=Purpose, max_length=30)),
                ('employer', fields.ForeignKeyField('accounts.Employer', source_field='employer_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('text_version', fields.CharField(max_length=20)),
                ('given_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('withdrawn_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'consent', 'app': 'accounts', 'indexes': [Index(fields=['user_id', 'purpose'])], 'pk_attr': 'id', 'table_description': "A person's yes to one purpose (and one receiver), with the version of the text they saw."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Membership',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('user', fields.ForeignKeyField('accounts.User', source_field='user_id', db_constraint=True, to_field='id', related_name='memberships', on_delete=OnDelete.CASCADE)),
                ('role', fields.CharEnumField(description='EMPLOYER: employer\nORGANISER: organiser\nOFFICER: officer\nADMINISTRATOR: administrator', enum_type=Role, max_length=15)),
                ('employer', fields.ForeignKeyField('accounts.Employer', source_field='employer_id', null=True, db_constraint=True, to_field='id', related_name='members', on_delete=OnDelete.CASCADE)),
                ('office', fields.ForeignKeyField('accounts.Office', source_field='office_id', null=True, db_constraint=True, to_field='id', related_name='members', on_delete=OnDelete.CASCADE)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'membership', 'app': 'accounts', 'unique_together': (('user', 'role', 'employer'), ('user', 'role', 'office')), 'pk_attr': 'id', 'table_description': "A person's role at an employer or an office."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Notice',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('user', fields.ForeignKeyField('accounts.User', source_field='user_id', db_constraint=True, to_field='id', related_name='notices', on_delete=OnDelete.CASCADE)),
                ('kind', fields.CharField(max_length=40)),
                ('params', fields.JSONField(default=dict, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('link', fields.CharField(default='', max_length=200)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('read_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'notice', 'app': 'accounts', 'indexes': [Index(fields=['user_id', 'read_at'])], 'pk_attr': 'id', 'table_description': "A message in a person's inbox. Kept as kind and parameters, so it speaks the reader's language."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Session',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('token_hash', fields.CharField(unique=True, max_length=64)),
                ('user', fields.ForeignKeyField('accounts.User', source_field='user_id', db_constraint=True, to_field='id', related_name='sessions', on_delete=OnDelete.CASCADE)),
                ('kind', fields.CharEnumField(description='BROWSER: browser\nAPI: api', enum_type=SessionKind, max_length=10)),
                ('device', fields.CharField(default='', max_length=80)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('last_seen_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('expires_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('second_factor_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'session', 'app': 'accounts', 'pk_attr': 'id', 'table_description': "Somebody signed in on one device, or a program with a bearer token. Only the token's hash is kept."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Site',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('employer', fields.ForeignKeyField('accounts.Employer', source_field='employer_id', db_constraint=True, to_field='id', related_name='sites', on_delete=OnDelete.RESTRICT)),
                ('name', fields.CharField(max_length=80)),
                ('address', fields.CharField(max_length=200)),
                ('region_code', fields.CharField(max_length=6)),
                ('township_code', fields.CharField(default='', max_length=9)),
                ('lat', fields.FloatField()),
                ('lon', fields.FloatField()),
                ('fence_m', fields.IntField(default=300)),
            ],
            options={'table': 'site', 'app': 'accounts', 'indexes': [Index(fields=['lat', 'lon'])], 'pk_attr': 'id', 'table_description': 'A place of an employer where people work, with its fence for checking in.'},
            bases=['Model'],
        ),
    ]
