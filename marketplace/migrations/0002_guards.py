"""What the database itself refuses, whatever the program does."""

from core.guards import Guard, check, refuse, unique
from tortoise import migrations

HOLDING = "('hired', 'working', 'worked', 'absent')"
LIVE = "('waiting', 'hired', 'working', 'worked', 'absent')"

OVERLAPS = f"""NEW.state IN {HOLDING} AND EXISTS (
    SELECT 1 FROM claim WHERE worker_id = NEW.worker_id AND shift_id <> NEW.shift_id AND state IN {HOLDING}
    AND starts_at < NEW.ends_at AND ends_at > NEW.starts_at)"""

PAID_CHANGED = """OLD.paid_at IS NOT NULL AND (NEW.paid_at IS NULL OR NEW.amount_fen <> OLD.amount_fen
    OR NEW.minutes <> OLD.minutes OR NEW.hourly_fen <> OLD.hourly_fen OR NEW.worker_id <> OLD.worker_id)"""

no_overlap = Guard(
    postgres=[
        "CREATE EXTENSION IF NOT EXISTS btree_gist",
        "ALTER TABLE claim ADD CONSTRAINT claim_no_overlap EXCLUDE USING gist"
        f" (worker_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (state IN {HOLDING})",
    ],
    sqlite=refuse("claim", "claim_no_overlap", OVERLAPS),
)

paid_is_final = Guard(
    postgres=[
        "CREATE FUNCTION pay_line_paid_is_final() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE EXCEPTION 'pay_line_paid_is_final' USING ERRCODE = 'check_violation'; END $$",
        f"CREATE TRIGGER pay_line_paid_is_final BEFORE UPDATE ON pay_line FOR EACH ROW WHEN ({PAID_CHANGED})"
        " EXECUTE FUNCTION pay_line_paid_is_final()",
    ],
    sqlite=refuse("pay_line", "pay_line_paid_is_final", PAID_CHANGED, on="UPDATE"),
)


class Migration(migrations.Migration):
    """Constraints that Tortoise has no words for."""

    dependencies = [("marketplace", "0001_initial")]

    operations = [
        check("gig", "gig_pays", "NEW.hourly_fen > 0"),
        check("shift", "shift_not_oversold", "NEW.taken >= 0 AND NEW.held >= 0 AND NEW.taken + NEW.held <= NEW.places"),
        check("shift", "shift_waiting_counted", "NEW.waiting >= 0"),
        check("shift", "shift_ends_after_start", "NEW.ends_at > NEW.starts_at"),
        check("rating", "rating_in_range", "NEW.stars BETWEEN 1 AND 5"),
        check("job", "job_pays", "NEW.monthly_from_fen > 0 AND NEW.monthly_to_fen >= NEW.monthly_from_fen"),
        check("attendance", "attendance_in_order", "NEW.out_at IS NULL OR NEW.out_at >= NEW.in_at"),
        unique("claim", "claim_once", "shift_id, worker_id", f"state IN {LIVE}"),
        unique("invitation", "invitation_once", "claim_id", "state = 'open'"),
        unique("correction", "correction_once", "claim_id", "state = 'open'"),
        unique("pay_line", "pay_line_once", "claim_id", "kind = 'work'"),
        unique("pay_line", "allowance_once", "claim_id", "kind = 'allowance'"),
        no_overlap,
        paid_is_final,
    ]
