"""create the first tables."""

import sqlalchemy as sa
from alembic import op

from courseware import guards

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("attendance_mark", "audit_entry", "revocation")
FROZEN = (
    "enrolment_id", "batch_id", "series_id", "serial", "number", "verification_code", "public_id",
    "reserved_at",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "number_series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("last_serial", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_series")),
        sa.UniqueConstraint("name", name=op.f("uq_number_series_name")),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("name_key", sa.String(length=400), nullable=False),
        sa.Column("short_name", sa.String(length=80), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("city", sa.JSON(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("sector", sa.String(length=120), nullable=False),
        sa.Column("mark_letters", sa.String(length=4), nullable=False),
        sa.Column("mark_colour", sa.String(length=7), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("code", name=op.f("uq_organisation_code")),
        sa.UniqueConstraint("name_key", name=op.f("uq_organisation_name_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_organisation_public_id")),
    )
    op.create_table(
        "outgoing_mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("receiver", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=400), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_mail")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outgoing_mail_message_id")),
    )
    with op.batch_alter_table("outgoing_mail", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_outgoing_mail_next_attempt_at"), ["next_attempt_at"], unique=False
        )

    op.create_table(
        "programme",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("titles", sa.JSON(), nullable=False),
        sa.Column("summaries", sa.JSON(), nullable=False),
        sa.Column("academic_hour_minutes", sa.Integer(), nullable=False),
        sa.Column("promised_minutes", sa.Integer(), nullable=False),
        sa.Column("threshold_percent", sa.Integer(), nullable=False),
        sa.Column("feedback_required", sa.Boolean(), nullable=False),
        sa.Column("name_confirmation_required", sa.Boolean(), nullable=False),
        sa.Column("excused_earns_hours", sa.Boolean(), nullable=False),
        sa.Column("series_pattern", sa.String(length=80), nullable=False),
        sa.Column("certificate_languages", sa.JSON(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "academic_hour_minutes IN (45, 50, 60)", name=op.f("ck_programme_academic_hour_known")
        ),
        sa.CheckConstraint("promised_minutes > 0", name=op.f("ck_programme_promises_hours")),
        sa.CheckConstraint(
            "threshold_percent BETWEEN 0 AND 100", name=op.f("ck_programme_threshold_is_a_share")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme")),
        sa.UniqueConstraint("code", name=op.f("uq_programme_code")),
        sa.UniqueConstraint("public_id", name=op.f("uq_programme_public_id")),
    )
    op.create_table(
        "queued_job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=400), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queued_job")),
        sa.UniqueConstraint("public_id", name=op.f("uq_queued_job_public_id")),
    )
    with op.batch_alter_table("queued_job", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_queued_job_done_at"), ["done_at"], unique=False)

    op.create_table(
        "submitted_form",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_submitted_form")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("name_latin", sa.String(length=200), nullable=False),
        sa.Column("name_native", sa.String(length=200), nullable=False),
        sa.Column("gender", sa.String(length=40), nullable=True),
        sa.Column("language", sa.String(length=5), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("is_administrator", sa.Boolean(), nullable=False),
        sa.Column("is_coordinator", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("email", name=op.f("uq_user_email")),
        sa.UniqueConstraint("public_id", name=op.f("uq_user_public_id")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_user_id", sa.Integer(), nullable=True),
        sa.Column("act", sa.String(length=60), nullable=False),
        sa.Column("subject_kind", sa.String(length=60), nullable=False),
        sa.Column("subject_public_id", sa.String(length=60), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_user_id"], ["user.id"], name=op.f("fk_audit_entry_by_user_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_audit_entry_subject_public_id"), ["subject_public_id"], unique=False
        )

    op.create_table(
        "cohort",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("timezone", sa.String(length=60), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_cohort_programme_id_programme")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cohort")),
        sa.UniqueConstraint("code", name=op.f("uq_cohort_code")),
        sa.UniqueConstraint("public_id", name=op.f("uq_cohort_public_id")),
    )
    with op.batch_alter_table("cohort", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cohort_programme_id"), ["programme_id"], unique=False)

    op.create_table(
        "module",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("titles", sa.JSON(), nullable=False),
        sa.Column("planned_minutes", sa.Integer(), nullable=False),
        sa.Column("outcomes", sa.JSON(), nullable=False),
        sa.CheckConstraint("planned_minutes > 0", name=op.f("ck_module_has_hours")),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_module_programme_id_programme")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_module")),
        sa.UniqueConstraint("programme_id", "code", name=op.f("uq_module_programme_id_code")),
    )
    with op.batch_alter_table("module", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_module_programme_id"), ["programme_id"], unique=False)

    op.create_table(
        "programme_partner",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_programme_partner_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"],
            ["programme.id"],
            name=op.f("fk_programme_partner_programme_id_programme"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_partner")),
        sa.UniqueConstraint(
            "programme_id",
            "organisation_id",
            "part",
            name=op.f("uq_programme_partner_programme_id_organisation_id_part"),
        ),
    )
    with op.batch_alter_table("programme_partner", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_programme_partner_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_programme_partner_programme_id"), ["programme_id"], unique=False
        )

    op.create_table(
        "programme_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme_id"],
            ["programme.id"],
            name=op.f("fk_programme_role_programme_id_programme"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_programme_role_user_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_role")),
        sa.UniqueConstraint(
            "programme_id",
            "user_id",
            "role",
            name=op.f("uq_programme_role_programme_id_user_id_role"),
        ),
    )
    with op.batch_alter_table("programme_role", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_programme_role_programme_id"), ["programme_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_programme_role_user_id"), ["user_id"], unique=False)

    op.create_table(
        "questionnaire",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("about", sa.String(length=40), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_questionnaire_programme_id_programme")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questionnaire")),
        sa.UniqueConstraint(
            "programme_id", "code", name=op.f("uq_questionnaire_programme_id_code")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_questionnaire_public_id")),
    )
    with op.batch_alter_table("questionnaire", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_questionnaire_programme_id"), ["programme_id"], unique=False
        )

    op.create_table(
        "sign_in_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_sign_in_link_user_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_link_token_hash")),
    )
    with op.batch_alter_table("sign_in_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_link_user_id"), ["user_id"], unique=False)

    op.create_table(
        "signatory",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("offices", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_signatory_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_signatory_programme_id_programme")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signatory")),
    )
    with op.batch_alter_table("signatory", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_signatory_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_signatory_programme_id"), ["programme_id"], unique=False
        )

    op.create_table(
        "signed_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_signed_in_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signed_in")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_signed_in_key_hash")),
    )
    with op.batch_alter_table("signed_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signed_in_user_id"), ["user_id"], unique=False)

    op.create_table(
        "venue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("city", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_venue_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_venue")),
        sa.UniqueConstraint(
            "name", "city", "organisation_id", name=op.f("uq_venue_name_city_organisation_id")
        ),
    )
    with op.batch_alter_table("venue", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_venue_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "attendance_alias",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("name_key", sa.String(length=254), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohort.id"], name=op.f("fk_attendance_alias_cohort_id_cohort")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_attendance_alias_user_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance_alias")),
        sa.UniqueConstraint(
            "cohort_id", "name_key", name=op.f("uq_attendance_alias_cohort_id_name_key")
        ),
    )
    with op.batch_alter_table("attendance_alias", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_attendance_alias_cohort_id"), ["cohort_id"], unique=False
        )

    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("cohort_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohort.id"], name=op.f("fk_calendar_feed_cohort_id_cohort")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_calendar_feed_user_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("cohort_id", name=op.f("uq_calendar_feed_cohort_id")),
        sa.UniqueConstraint("token", name=op.f("uq_calendar_feed_token")),
        sa.UniqueConstraint("user_id", name=op.f("uq_calendar_feed_user_id")),
    )
    op.create_table(
        "cohort_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohort.id"], name=op.f("fk_cohort_role_cohort_id_cohort")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_cohort_role_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_cohort_role_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cohort_role")),
        sa.UniqueConstraint(
            "cohort_id", "user_id", "role", name=op.f("uq_cohort_role_cohort_id_user_id_role")
        ),
    )
    with op.batch_alter_table("cohort_role", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cohort_role_cohort_id"), ["cohort_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cohort_role_user_id"), ["user_id"], unique=False)

    op.create_table(
        "enrolment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("position", sa.String(length=200), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("name_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohort.id"], name=op.f("fk_enrolment_cohort_id_cohort")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_enrolment_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_enrolment_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint("cohort_id", "user_id", name=op.f("uq_enrolment_cohort_id_user_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_enrolment_public_id")),
    )
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_enrolment_cohort_id"), ["cohort_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_enrolment_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_enrolment_user_id"), ["user_id"], unique=False)

    op.create_table(
        "import_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohort.id"], name=op.f("fk_import_draft_cohort_id_cohort")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_import_draft_user_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_draft")),
        sa.UniqueConstraint("public_id", name=op.f("uq_import_draft_public_id")),
    )
    with op.batch_alter_table("import_draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_draft_cohort_id"), ["cohort_id"], unique=False)

    op.create_table(
        "issue_batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["user.id"], name=op.f("fk_issue_batch_asked_by_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohort.id"], name=op.f("fk_issue_batch_cohort_id_cohort")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_batch")),
        sa.UniqueConstraint("public_id", name=op.f("uq_issue_batch_public_id")),
    )
    with op.batch_alter_table("issue_batch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_issue_batch_cohort_id"), ["cohort_id"], unique=False)

    op.create_table(
        "training_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("module_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("link", sa.String(length=500), nullable=False),
        sa.Column("actual_starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("actual_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("actual_reason", sa.String(length=400), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "ends_at > starts_at", name=op.f("ck_training_session_ends_after_it_starts")
        ),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohort.id"], name=op.f("fk_training_session_cohort_id_cohort")
        ),
        sa.ForeignKeyConstraint(
            ["module_id"], ["module.id"], name=op.f("fk_training_session_module_id_module")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_session")),
        sa.UniqueConstraint("cohort_id", "code", name=op.f("uq_training_session_cohort_id_code")),
        sa.UniqueConstraint("public_id", name=op.f("uq_training_session_public_id")),
    )
    with op.batch_alter_table("training_session", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_training_session_cohort_id"), ["cohort_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_training_session_module_id"), ["module_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_training_session_starts_at"), ["starts_at"], unique=False
        )

    op.create_table(
        "attendance_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("training_session_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by_id", sa.Integer(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["training_session_id"],
            ["training_session.id"],
            name=op.f("fk_attendance_import_training_session_id_training_session"),
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by_id"], ["user.id"], name=op.f("fk_attendance_import_uploaded_by_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance_import")),
        sa.UniqueConstraint("public_id", name=op.f("uq_attendance_import_public_id")),
    )
    with op.batch_alter_table("attendance_import", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_attendance_import_training_session_id"),
            ["training_session_id"],
            unique=False,
        )

    op.create_table(
        "credential",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("verification_code", sa.String(length=40), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("file_sha256", sa.String(length=64), nullable=True),
        sa.Column("failure", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["issue_batch.id"], name=op.f("fk_credential_batch_id_issue_batch")
        ),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_credential_enrolment_id_enrolment")
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["number_series.id"], name=op.f("fk_credential_series_id_number_series")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
        sa.UniqueConstraint("enrolment_id", name=op.f("uq_credential_enrolment_id")),
        sa.UniqueConstraint("file_sha256", name=op.f("uq_credential_file_sha256")),
        sa.UniqueConstraint("number", name=op.f("uq_credential_number")),
        sa.UniqueConstraint("public_id", name=op.f("uq_credential_public_id")),
        sa.UniqueConstraint("series_id", "serial", name=op.f("uq_credential_series_id_serial")),
        sa.UniqueConstraint("verification_code", name=op.f("uq_credential_verification_code")),
    )
    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_credential_batch_id"), ["batch_id"], unique=False)

    op.create_table(
        "feedback_round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("questionnaire_id", sa.Integer(), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("training_session_id", sa.Integer(), nullable=True),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("invited", sa.Integer(), nullable=True),
        sa.Column("file_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohort.id"], name=op.f("fk_feedback_round_cohort_id_cohort")
        ),
        sa.ForeignKeyConstraint(
            ["questionnaire_id"],
            ["questionnaire.id"],
            name=op.f("fk_feedback_round_questionnaire_id_questionnaire"),
        ),
        sa.ForeignKeyConstraint(
            ["training_session_id"],
            ["training_session.id"],
            name=op.f("fk_feedback_round_training_session_id_training_session"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_round")),
        sa.UniqueConstraint("public_id", name=op.f("uq_feedback_round_public_id")),
        sa.UniqueConstraint(
            "cohort_id",
            "questionnaire_id",
            "place",
            name=op.f("uq_feedback_round_cohort_id_questionnaire_id_place"),
        ),
    )
    with op.batch_alter_table("feedback_round", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_feedback_round_cohort_id"), ["cohort_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_feedback_round_questionnaire_id"), ["questionnaire_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_feedback_round_training_session_id"),
            ["training_session_id"],
            unique=False,
        )

    op.create_table(
        "register",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("training_session_id", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["closed_by_id"], ["user.id"], name=op.f("fk_register_closed_by_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["training_session_id"],
            ["training_session.id"],
            name=op.f("fk_register_training_session_id_training_session"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register")),
        sa.UniqueConstraint("training_session_id", name=op.f("uq_register_training_session_id")),
    )
    op.create_table(
        "session_break",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("training_session_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["training_session_id"],
            ["training_session.id"],
            name=op.f("fk_session_break_training_session_id_training_session"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_break")),
    )
    with op.batch_alter_table("session_break", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_session_break_training_session_id"),
            ["training_session_id"],
            unique=False,
        )

    op.create_table(
        "session_trainer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("training_session_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["training_session_id"],
            ["training_session.id"],
            name=op.f("fk_session_trainer_training_session_id_training_session"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_session_trainer_user_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_trainer")),
        sa.UniqueConstraint(
            "training_session_id",
            "user_id",
            name=op.f("uq_session_trainer_training_session_id_user_id"),
        ),
    )
    with op.batch_alter_table("session_trainer", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_session_trainer_training_session_id"),
            ["training_session_id"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_session_trainer_user_id"), ["user_id"], unique=False)

    op.create_table(
        "session_venue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("training_session_id", sa.Integer(), nullable=False),
        sa.Column("venue_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["training_session_id"],
            ["training_session.id"],
            name=op.f("fk_session_venue_training_session_id_training_session"),
        ),
        sa.ForeignKeyConstraint(
            ["venue_id"], ["venue.id"], name=op.f("fk_session_venue_venue_id_venue")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_venue")),
        sa.UniqueConstraint(
            "training_session_id",
            "venue_id",
            name=op.f("uq_session_venue_training_session_id_venue_id"),
        ),
    )
    with op.batch_alter_table("session_venue", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_session_venue_training_session_id"),
            ["training_session_id"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_session_venue_venue_id"), ["venue_id"], unique=False)

    op.create_table(
        "attendance_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_key", sa.String(length=80), nullable=False),
        sa.Column("training_session_id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("intervals", sa.JSON(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("marked_by_id", sa.Integer(), nullable=True),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "minutes IS NULL OR minutes >= 0", name=op.f("ck_attendance_mark_minutes_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["enrolment_id"],
            ["enrolment.id"],
            name=op.f("fk_attendance_mark_enrolment_id_enrolment"),
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["attendance_import.id"],
            name=op.f("fk_attendance_mark_import_id_attendance_import"),
        ),
        sa.ForeignKeyConstraint(
            ["marked_by_id"], ["user.id"], name=op.f("fk_attendance_mark_marked_by_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["training_session_id"],
            ["training_session.id"],
            name=op.f("fk_attendance_mark_training_session_id_training_session"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance_mark")),
        sa.UniqueConstraint("entry_key", name=op.f("uq_attendance_mark_entry_key")),
    )
    with op.batch_alter_table("attendance_mark", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_attendance_mark_enrolment_id"), ["enrolment_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_attendance_mark_training_session_id"),
            ["training_session_id"],
            unique=False,
        )

    op.create_table(
        "feedback_response",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["feedback_round.id"],
            name=op.f("fk_feedback_response_round_id_feedback_round"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_feedback_response")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("feedback_response", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_feedback_response_round_id"), ["round_id"], unique=False
        )

    op.create_table(
        "feedback_ticket",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("is_spent", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment_id"],
            ["enrolment.id"],
            name=op.f("fk_feedback_ticket_enrolment_id_enrolment"),
        ),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["feedback_round.id"],
            name=op.f("fk_feedback_ticket_round_id_feedback_round"),
        ),
        sa.PrimaryKeyConstraint("round_id", "enrolment_id", name=op.f("pk_feedback_ticket")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("feedback_ticket", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_feedback_ticket_enrolment_id"), ["enrolment_id"], unique=False
        )

    op.create_table(
        "feedback_link",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id", "enrolment_id"],
            ["feedback_ticket.round_id", "feedback_ticket.enrolment_id"],
            name="fk_feedback_link_ticket",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_feedback_link")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "revocation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential_id"],
            ["credential.id"],
            name=op.f("fk_revocation_credential_id_credential"),
        ),
        sa.ForeignKeyConstraint(
            ["revoked_by_id"], ["user.id"], name=op.f("fk_revocation_revoked_by_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revocation")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_revocation_credential_id")),
    )
    op.create_table(
        "feedback_answer",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("response_key", sa.String(length=40), nullable=True),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(length=60), nullable=False),
        sa.Column("trainer_id", sa.Integer(), nullable=True),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(value IS NULL) <> (text IS NULL)", name=op.f("ck_feedback_answer_value_or_text")
        ),
        sa.CheckConstraint(
            "text IS NULL OR response_key IS NULL",
            name=op.f("ck_feedback_answer_text_stands_alone"),
        ),
        sa.ForeignKeyConstraint(
            ["response_key"],
            ["feedback_response.key"],
            name=op.f("fk_feedback_answer_response_key_feedback_response"),
        ),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["feedback_round.id"],
            name=op.f("fk_feedback_answer_round_id_feedback_round"),
        ),
        sa.ForeignKeyConstraint(
            ["trainer_id"], ["user.id"], name=op.f("fk_feedback_answer_trainer_id_user")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_feedback_answer")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("feedback_answer", schema=None) as batch_op:
        batch_op.create_index(
            "ix_feedback_answer_counted",
            ["round_id", "question", "trainer_id", "value"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_feedback_answer_response_key"), ["response_key"], unique=False
        )

    for table in APPEND_ONLY:
        guards.guard_append_only(table)
    guards.guard_frozen("credential", FROZEN, json_columns=["facts"])
    guards.guard_written_once("credential", ["issued_at", "file_sha256"])


def downgrade() -> None:
    for table in APPEND_ONLY:
        guards.unguard_append_only(table)
    guards.unguard_frozen("credential")
    guards.unguard_written_once("credential")
    with op.batch_alter_table("feedback_answer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_feedback_answer_response_key"))
        batch_op.drop_index("ix_feedback_answer_counted")

    op.drop_table("feedback_answer")
    op.drop_table("revocation")
    op.drop_table("feedback_link")
    with op.batch_alter_table("feedback_ticket", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_feedback_ticket_enrolment_id"))

    op.drop_table("feedback_ticket")
    with op.batch_alter_table("feedback_response", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_feedback_response_round_id"))

    op.drop_table("feedback_response")
    with op.batch_alter_table("attendance_mark", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attendance_mark_training_session_id"))
        batch_op.drop_index(batch_op.f("ix_attendance_mark_enrolment_id"))

    op.drop_table("attendance_mark")
    with op.batch_alter_table("session_venue", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_session_venue_venue_id"))
        batch_op.drop_index(batch_op.f("ix_session_venue_training_session_id"))

    op.drop_table("session_venue")
    with op.batch_alter_table("session_trainer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_session_trainer_user_id"))
        batch_op.drop_index(batch_op.f("ix_session_trainer_training_session_id"))

    op.drop_table("session_trainer")
    with op.batch_alter_table("session_break", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_session_break_training_session_id"))

    op.drop_table("session_break")
    op.drop_table("register")
    with op.batch_alter_table("feedback_round", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_feedback_round_training_session_id"))
        batch_op.drop_index(batch_op.f("ix_feedback_round_questionnaire_id"))
        batch_op.drop_index(batch_op.f("ix_feedback_round_cohort_id"))

    op.drop_table("feedback_round")
    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_credential_batch_id"))

    op.drop_table("credential")
    with op.batch_alter_table("attendance_import", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attendance_import_training_session_id"))

    op.drop_table("attendance_import")
    with op.batch_alter_table("training_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_training_session_starts_at"))
        batch_op.drop_index(batch_op.f("ix_training_session_module_id"))
        batch_op.drop_index(batch_op.f("ix_training_session_cohort_id"))

    op.drop_table("training_session")
    with op.batch_alter_table("issue_batch", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issue_batch_cohort_id"))

    op.drop_table("issue_batch")
    with op.batch_alter_table("import_draft", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_draft_cohort_id"))

    op.drop_table("import_draft")
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_enrolment_user_id"))
        batch_op.drop_index(batch_op.f("ix_enrolment_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_enrolment_cohort_id"))

    op.drop_table("enrolment")
    with op.batch_alter_table("cohort_role", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cohort_role_user_id"))
        batch_op.drop_index(batch_op.f("ix_cohort_role_cohort_id"))

    op.drop_table("cohort_role")
    op.drop_table("calendar_feed")
    with op.batch_alter_table("attendance_alias", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attendance_alias_cohort_id"))

    op.drop_table("attendance_alias")
    with op.batch_alter_table("venue", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_venue_organisation_id"))

    op.drop_table("venue")
    with op.batch_alter_table("signed_in", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_signed_in_user_id"))

    op.drop_table("signed_in")
    with op.batch_alter_table("signatory", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_signatory_programme_id"))
        batch_op.drop_index(batch_op.f("ix_signatory_organisation_id"))

    op.drop_table("signatory")
    with op.batch_alter_table("sign_in_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_link_user_id"))

    op.drop_table("sign_in_link")
    with op.batch_alter_table("questionnaire", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_questionnaire_programme_id"))

    op.drop_table("questionnaire")
    with op.batch_alter_table("programme_role", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_programme_role_user_id"))
        batch_op.drop_index(batch_op.f("ix_programme_role_programme_id"))

    op.drop_table("programme_role")
    with op.batch_alter_table("programme_partner", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_programme_partner_programme_id"))
        batch_op.drop_index(batch_op.f("ix_programme_partner_organisation_id"))

    op.drop_table("programme_partner")
    with op.batch_alter_table("module", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_module_programme_id"))

    op.drop_table("module")
    with op.batch_alter_table("cohort", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cohort_programme_id"))

    op.drop_table("cohort")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entry_subject_public_id"))

    op.drop_table("audit_entry")
    op.drop_table("user")
    op.drop_table("submitted_form")
    with op.batch_alter_table("queued_job", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_queued_job_done_at"))

    op.drop_table("queued_job")
    op.drop_table("programme")
    with op.batch_alter_table("outgoing_mail", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outgoing_mail_next_attempt_at"))

    op.drop_table("outgoing_mail")
    op.drop_table("organisation")
    op.drop_table("number_series")
