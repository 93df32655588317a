"""let phones be forgotten, personal links be taken anew, and coordinators be told what waits."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = ("decision_mail_refusal", "decision_mail", "personal_link")


def upgrade() -> None:
    with op.batch_alter_table("check_in_device") as batch:
        batch.add_column(sa.Column("public_id", sa.String(40), nullable=True))
        batch.add_column(sa.Column("kind", sa.String(20), nullable=False, server_default=""))
    _give_phones_an_address()
    with op.batch_alter_table("check_in_device") as batch:
        batch.alter_column("public_id", existing_type=sa.String(40), nullable=False)
        batch.create_unique_constraint(op.f("uq_check_in_device_public_id"), ["public_id"])
    op.create_table(
        "personal_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("renewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment_id"],
            ["enrolment.id"],
            name=op.f("fk_personal_link_enrolment_id_enrolment"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personal_link")),
        sa.UniqueConstraint("enrolment_id", name=op.f("uq_personal_link_enrolment_id")),
    )
    op.create_table(
        "decision_mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("told_until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohort.id"], name=op.f("fk_decision_mail_cohort_id_cohort")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_mail")),
        sa.UniqueConstraint("cohort_id", name=op.f("uq_decision_mail_cohort_id")),
    )
    op.create_table(
        "decision_mail_refusal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohort.id"], name=op.f("fk_decision_mail_refusal_cohort_id_cohort")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_decision_mail_refusal_user_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_mail_refusal")),
        sa.UniqueConstraint(
            "cohort_id", "user_id", name=op.f("uq_decision_mail_refusal_cohort_id_user_id")
        ),
    )
    op.create_index(
        "ix_attendance_mark_taken_back",
        "attendance_mark",
        ["training_session_id", "enrolment_id"],
        sqlite_where=sa.text("status IS NULL"),
        postgresql_where=sa.text("status IS NULL"),
    )
    # Files that were put away no longer keep the names in them.
    op.execute("UPDATE attendance_import SET report = '{}' WHERE state = 'discarded'")


def _give_phones_an_address() -> None:
    phones = sa.table("check_in_device", sa.column("id"), sa.column("public_id"))
    connection = op.get_bind()
    given = [
        {"phone": id, "given": secrets.token_urlsafe(16)}
        for id in connection.execute(sa.select(phones.c.id)).scalars().all()
    ]
    if given:
        connection.execute(
            sa.update(phones)
            .where(phones.c.id == sa.bindparam("phone"))
            .values(public_id=sa.bindparam("given")),
            given,
        )


def downgrade() -> None:
    op.drop_index("ix_attendance_mark_taken_back", "attendance_mark")
    for table in TABLES:
        op.drop_table(table)
    with op.batch_alter_table("check_in_device") as batch:
        batch.drop_constraint(op.f("uq_check_in_device_public_id"), type_="unique")
        batch.drop_column("kind")
        batch.drop_column("public_id")
