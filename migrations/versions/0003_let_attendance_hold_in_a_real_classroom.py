"""let attendance hold in a real classroom: check-in, desk, notices, reviews, walk-ins, evidence."""

import sqlalchemy as sa
from alembic import op

from courseware import guards

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = (
    "hours_warning", "register_evidence", "walk_in", "mark_review", "absence_notice",
    "check_in_code", "check_in_device", "check_in",
)  # fmt: skip


def upgrade() -> None:
    with op.batch_alter_table("programme") as batch:
        for column in (
            sa.Column("register_days", sa.Integer(), nullable=False, server_default="14"),
            sa.Column("reminder_hours", sa.Integer(), nullable=False, server_default="3"),
            sa.Column("review_days", sa.Integer(), nullable=False, server_default="14"),
            sa.Column("warn_participants", sa.Boolean(), nullable=False, server_default=sa.false()),
        ):
            batch.add_column(column)
        batch.create_check_constraint("register_days_not_negative", "register_days >= 0")
        batch.create_check_constraint("reminder_hours_not_negative", "reminder_hours >= 0")
        batch.create_check_constraint("review_days_not_negative", "review_days >= 0")
    with op.batch_alter_table("register") as batch:
        batch.add_column(_moment("reopened_at"))
        batch.add_column(sa.Column("reopened_by_id", sa.Integer(), nullable=True))
        batch.add_column(
            sa.Column("reopen_reason", sa.String(400), nullable=False, server_default="")
        )
        batch.add_column(_moment("reminded_at"))
        batch.create_foreign_key(
            op.f("fk_register_reopened_by_id_user"), "user", ["reopened_by_id"], ["id"]
        )
    with op.batch_alter_table("attendance_import") as batch:
        batch.add_column(sa.Column("cohort_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("desk", sa.String(40), nullable=False, server_default=""))
        batch.add_column(sa.Column("date_order", sa.String(40), nullable=True))
        batch.add_column(sa.Column("content", sa.LargeBinary(), nullable=True))
        batch.add_column(_moment("withdrawn_at"))
        batch.add_column(sa.Column("withdrawn_by_id", sa.Integer(), nullable=True))
        batch.alter_column("training_session_id", existing_type=sa.Integer(), nullable=True)
    op.execute(
        "UPDATE attendance_import SET cohort_id = (SELECT cohort_id FROM training_session "
        "WHERE training_session.id = attendance_import.training_session_id)"
    )
    with op.batch_alter_table("attendance_import") as batch:
        batch.alter_column("cohort_id", existing_type=sa.Integer(), nullable=False)
        batch.create_foreign_key(
            op.f("fk_attendance_import_cohort_id_cohort"), "cohort", ["cohort_id"], ["id"]
        )
        batch.create_foreign_key(
            op.f("fk_attendance_import_withdrawn_by_id_user"), "user", ["withdrawn_by_id"], ["id"]
        )
        batch.create_index(op.f("ix_attendance_import_cohort_id"), ["cohort_id"])
        batch.create_index(op.f("ix_attendance_import_desk"), ["desk"])
    # Not in a batch: that would build the table anew, and it would lose its guards.
    op.add_column(
        "attendance_mark",
        sa.Column("settles", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column("attendance_mark", _moment("made_at"))
    op.create_table(
        "check_in",
        _id(),
        _public_id(),
        sa.Column("training_session_id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("known_by", sa.String(40), nullable=False),
        sa.Column("device_sha256", sa.String(64), nullable=False),
        sa.Column("network_sha256", sa.String(64), nullable=False),
        _moment("checked_at", nullable=False),
        _moment("decided_at"),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        *_keys(
            "check_in",
            training_session_id="training_session",
            enrolment_id="enrolment",
            decided_by_id="user",
        ),
        _unique("check_in", "public_id"),
        _unique("check_in", "training_session_id", "enrolment_id"),
    )
    op.create_index("ix_check_in_enrolment_id", "check_in", ["enrolment_id"])
    op.create_table(
        "check_in_device",
        _id(),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        _moment("made_at", nullable=False),
        *_keys("check_in_device", user_id="user"),
        _unique("check_in_device", "token_sha256"),
    )
    op.create_index("ix_check_in_device_user_id", "check_in_device", ["user_id"])
    op.create_table(
        "check_in_code",
        _id(),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("device_sha256", sa.String(64), nullable=False),
        sa.Column("code_sha256", sa.String(64), nullable=False),
        _moment("made_at", nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        _moment("used_at"),
        *_keys("check_in_code", enrolment_id="enrolment"),
    )
    op.create_index("ix_check_in_code_enrolment_id", "check_in_code", ["enrolment_id"])
    op.create_table(
        "absence_notice",
        _id(),
        _public_id(),
        sa.Column("training_session_id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(2000), nullable=False),
        sa.Column("pages", sa.JSON(), nullable=False),
        sa.Column("attachment_name", sa.String(200), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        _moment("announced_at", nullable=False),
        _moment("decided_at"),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("answer", sa.String(2000), nullable=False),
        *_keys(
            "absence_notice",
            training_session_id="training_session",
            enrolment_id="enrolment",
            decided_by_id="user",
        ),
        _unique("absence_notice", "public_id"),
        _unique("absence_notice", "training_session_id", "enrolment_id"),
    )
    op.create_index("ix_absence_notice_enrolment_id", "absence_notice", ["enrolment_id"])
    op.create_table(
        "mark_review",
        _id(),
        _public_id(),
        sa.Column("training_session_id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(2000), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        _moment("asked_at", nullable=False),
        _moment("answered_at"),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("answer", sa.String(2000), nullable=False),
        *_keys(
            "mark_review",
            training_session_id="training_session",
            enrolment_id="enrolment",
            answered_by_id="user",
        ),
        _unique("mark_review", "public_id"),
        _unique("mark_review", "training_session_id", "enrolment_id"),
    )
    op.create_index("ix_mark_review_enrolment_id", "mark_review", ["enrolment_id"])
    op.create_table(
        "walk_in",
        _id(),
        _public_id(),
        sa.Column("entry_key", sa.String(80), nullable=False),
        sa.Column("training_session_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        _moment("arrived_at"),
        _moment("added_at", nullable=False),
        sa.Column("added_by_id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=True),
        _moment("settled_at"),
        sa.Column("settled_by_id", sa.Integer(), nullable=True),
        *_keys(
            "walk_in",
            training_session_id="training_session",
            added_by_id="user",
            enrolment_id="enrolment",
            settled_by_id="user",
        ),
        _unique("walk_in", "public_id"),
        _unique("walk_in", "entry_key"),
    )
    op.create_index("ix_walk_in_training_session_id", "walk_in", ["training_session_id"])
    op.create_table(
        "register_evidence",
        _id(),
        _public_id(),
        sa.Column("training_session_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        _moment("uploaded_at", nullable=False),
        sa.Column("uploaded_by_id", sa.Integer(), nullable=False),
        _moment("removed_at"),
        sa.Column("removed_by_id", sa.Integer(), nullable=True),
        *_keys(
            "register_evidence",
            training_session_id="training_session",
            uploaded_by_id="user",
            removed_by_id="user",
        ),
        _unique("register_evidence", "public_id"),
    )
    op.create_index(
        "ix_register_evidence_training_session_id", "register_evidence", ["training_session_id"]
    )
    op.create_table(
        "hours_warning",
        _id(),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("standing", sa.String(40), nullable=False),
        _moment("warned_at", nullable=False),
        *_keys("hours_warning", enrolment_id="enrolment"),
        _unique("hours_warning", "enrolment_id", "standing"),
    )
    guards.guard_written_once("walk_in", ["enrolment_id", "settled_at"])


def downgrade() -> None:
    guards.unguard_written_once("walk_in")
    for table in TABLES:
        op.drop_table(table)
    # In place as well, so that the guards of the table stay.
    op.drop_column("attendance_mark", "made_at")
    op.drop_column("attendance_mark", "settles")
    # What an older version cannot show was never written into a register.
    op.execute("DELETE FROM attendance_import WHERE training_session_id IS NULL")
    with op.batch_alter_table("attendance_import") as batch:
        batch.drop_index(op.f("ix_attendance_import_desk"))
        batch.drop_index(op.f("ix_attendance_import_cohort_id"))
        for constraint in ("withdrawn_by_id_user", "cohort_id_cohort"):
            batch.drop_constraint(op.f(f"fk_attendance_import_{constraint}"), type_="foreignkey")
        for column in (
            "withdrawn_by_id", "withdrawn_at", "content", "date_order", "desk", "cohort_id",
        ):  # fmt: skip
            batch.drop_column(column)
        batch.alter_column("training_session_id", existing_type=sa.Integer(), nullable=False)
    with op.batch_alter_table("register") as batch:
        batch.drop_constraint(op.f("fk_register_reopened_by_id_user"), type_="foreignkey")
        for column in ("reminded_at", "reopen_reason", "reopened_by_id", "reopened_at"):
            batch.drop_column(column)
    with op.batch_alter_table("programme") as batch:
        for each in ("review_days", "reminder_hours", "register_days"):
            batch.drop_constraint(f"{each}_not_negative", type_="check")
        for column in ("warn_participants", "review_days", "reminder_hours", "register_days"):
            batch.drop_column(column)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), nullable=False)


def _public_id() -> sa.Column[str]:
    return sa.Column("public_id", sa.String(40), nullable=False)


def _moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def _keys(table: str, **references: str) -> list[sa.Constraint]:
    """The primary key of `table`, and a foreign key for each column to the table it refers to."""
    return [
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}")
            )
            for column, other in references.items()
        ),
    ]
