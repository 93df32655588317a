"""let certificates be agreed, corrected and logged."""

import sqlalchemy as sa
from alembic import op

from courseware import guards

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FROZEN_BEFORE = (
    "enrolment_id", "batch_id", "series_id", "serial", "number", "verification_code", "public_id",
    "reserved_at",
)  # fmt: skip
FROZEN = (*FROZEN_BEFORE, "kind", "supersedes_id", "correction_reason")
APPEND_ONLY = ("duplicate", "proposed_certificate", "log_leaf", "log_head")


def upgrade() -> None:
    guards.unguard_frozen("credential")
    guards.unguard_written_once("credential")
    with op.batch_alter_table("organisation") as batch:
        batch.add_column(sa.Column("logo_sha256", sa.String(64), nullable=True))
    with op.batch_alter_table("signatory") as batch:
        batch.add_column(sa.Column("signature_sha256", sa.String(64), nullable=True))
    with op.batch_alter_table("programme") as batch:
        for column in (
            sa.Column("design", sa.String(40), nullable=False, server_default="academic"),
            sa.Column("accent", sa.String(7), nullable=False, server_default=""),
            sa.Column("design_texts", sa.JSON(), nullable=False, server_default="{}"),
            sa.Column(
                "statements_allowed", sa.Boolean(), nullable=False, server_default=sa.false()
            ),
            sa.Column("correction_days", sa.Integer(), nullable=False, server_default="30"),
            sa.Column("agreement_required", sa.Boolean(), nullable=False, server_default=sa.true()),
            sa.Column("participation", sa.String(40), nullable=False, server_default="blended"),
            sa.Column("assessment", sa.String(40), nullable=False, server_default="attendance"),
        ):
            batch.add_column(column)
        batch.create_check_constraint("correction_time_not_negative", "correction_days >= 0")
    op.create_table(
        "approver",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(40), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        *_keys("approver", cohort_id="cohort", organisation_id="organisation"),
        sa.UniqueConstraint("public_id", name=op.f("uq_approver_public_id")),
        sa.UniqueConstraint(
            "cohort_id", "organisation_id", name=op.f("uq_approver_cohort_id_organisation_id")
        ),
    )
    op.create_table(
        "issue_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(40), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        *_keys("issue_proposal", cohort_id="cohort", proposed_by_id="user"),
        sa.UniqueConstraint("public_id", name=op.f("uq_issue_proposal_public_id")),
    )
    op.create_index("ix_issue_proposal_cohort_id", "issue_proposal", ["cohort_id"])
    op.create_table(
        "proposed_certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("facts_sha256", sa.String(64), nullable=False),
        *_keys("proposed_certificate", proposal_id="issue_proposal", enrolment_id="enrolment"),
        sa.UniqueConstraint(
            "proposal_id",
            "enrolment_id",
            name=op.f("uq_proposed_certificate_proposal_id_enrolment_id"),
        ),
    )
    op.create_index(
        "ix_proposed_certificate_enrolment_id", "proposed_certificate", ["enrolment_id"]
    )
    op.create_table(
        "agreement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(40), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("code_sha256", sa.String(64), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(40), nullable=True),
        sa.Column("comment", sa.String(2000), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        *_keys("agreement", proposal_id="issue_proposal", organisation_id="organisation"),
        sa.UniqueConstraint("public_id", name=op.f("uq_agreement_public_id")),
        sa.UniqueConstraint("code_sha256", name=op.f("uq_agreement_code_sha256")),
        sa.UniqueConstraint(
            "proposal_id", "organisation_id", name=op.f("uq_agreement_proposal_id_organisation_id")
        ),
    )
    with op.batch_alter_table("issue_batch") as batch:
        batch.add_column(sa.Column("proposal_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("mailing", sa.String(40), nullable=False, server_default="link"))
        batch.create_foreign_key(
            op.f("fk_issue_batch_proposal_id_issue_proposal"),
            "issue_proposal",
            ["proposal_id"],
            ["id"],
        )
    with op.batch_alter_table("outgoing_mail") as batch:
        for column in (
            sa.Column("attachment_sha256", sa.String(64), nullable=False, server_default=""),
            sa.Column("attachment_name", sa.String(200), nullable=False, server_default=""),
        ):
            batch.add_column(column)
    with op.batch_alter_table("credential") as batch:
        batch.drop_constraint(op.f("uq_credential_enrolment_id"), type_="unique")
        for column in (
            sa.Column("kind", sa.String(40), nullable=False, server_default="certificate"),
            sa.Column("supersedes_id", sa.Integer(), nullable=True),
            sa.Column("correction_reason", sa.String(400), nullable=False, server_default=""),
            sa.Column("name_hidden", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("reveal_code", sa.String(40), nullable=True),
        ):
            batch.add_column(column)
        batch.create_foreign_key(
            op.f("fk_credential_supersedes_id_credential"), "credential", ["supersedes_id"], ["id"]
        )
        batch.create_unique_constraint(op.f("uq_credential_supersedes_id"), ["supersedes_id"])
        batch.create_unique_constraint(op.f("uq_credential_reveal_code"), ["reveal_code"])
        batch.create_index(op.f("ix_credential_enrolment_id"), ["enrolment_id"])
    op.create_index(
        "uq_credential_first_of_enrolment",
        "credential",
        ["enrolment_id"],
        unique=True,
        sqlite_where=sa.text("supersedes_id IS NULL"),
        postgresql_where=sa.text("supersedes_id IS NULL"),
    )
    op.create_table(
        "duplicate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(40), nullable=False),
        sa.Column("credential_id", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(400), nullable=False),
        sa.Column("file_sha256", sa.String(64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        *_keys("duplicate", credential_id="credential", made_by_id="user"),
        sa.CheckConstraint("ordinal > 0", name=op.f("ck_duplicate_counted_from_one")),
        sa.UniqueConstraint("public_id", name=op.f("uq_duplicate_public_id")),
        sa.UniqueConstraint("file_sha256", name=op.f("uq_duplicate_file_sha256")),
        sa.UniqueConstraint(
            "credential_id", "ordinal", name=op.f("uq_duplicate_credential_id_ordinal")
        ),
    )
    log_tail = op.create_table(
        "log_tail",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_log_tail_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_tail")),
    )
    op.bulk_insert(log_tail, [{"id": 1, "size": 0}])
    op.create_table(
        "log_leaf",
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("credential_id", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("leaf_sha256", sa.String(64), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_log_leaf")),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credential.id"], name=op.f("fk_log_leaf_credential_id_credential")
        ),
    )
    op.create_index("ix_log_leaf_credential_id", "log_leaf", ["credential_id"])
    op.create_table(
        "log_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("root_sha256", sa.String(64), nullable=False),
        sa.Column("key_id", sa.String(80), nullable=False),
        sa.Column("signature", sa.String(200), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_head")),
        sa.UniqueConstraint("day", name=op.f("uq_log_head_day")),
    )
    guards.guard_frozen("credential", FROZEN, json_columns=["facts"])
    guards.guard_written_once("credential", ["issued_at", "file_sha256"])
    for table in APPEND_ONLY:
        guards.guard_append_only(table)
    guards.guard_frozen(
        "agreement",
        ["proposal_id", "organisation_id", "name", "email", "code_sha256", "asked_at"],
    )
    guards.guard_written_once("agreement", ["decision", "decided_at"])


def downgrade() -> None:
    for table in APPEND_ONLY:
        guards.unguard_append_only(table)
    for table in ("agreement", "credential"):
        guards.unguard_frozen(table)
        guards.unguard_written_once(table)
    op.drop_index("uq_credential_first_of_enrolment", table_name="credential")
    for table in ("log_head", "log_leaf", "log_tail", "duplicate"):
        op.drop_table(table)
    with op.batch_alter_table("credential") as batch:
        batch.drop_index(op.f("ix_credential_enrolment_id"))
        batch.drop_constraint(op.f("uq_credential_reveal_code"), type_="unique")
        batch.drop_constraint(op.f("uq_credential_supersedes_id"), type_="unique")
        batch.drop_constraint(op.f("fk_credential_supersedes_id_credential"), type_="foreignkey")
        for column in (
            "reveal_code", "name_hidden", "correction_reason", "supersedes_id", "kind",
        ):  # fmt: skip
            batch.drop_column(column)
        batch.create_unique_constraint(op.f("uq_credential_enrolment_id"), ["enrolment_id"])
    with op.batch_alter_table("issue_batch") as batch:
        batch.drop_constraint(op.f("fk_issue_batch_proposal_id_issue_proposal"), type_="foreignkey")
        batch.drop_column("mailing")
        batch.drop_column("proposal_id")
    with op.batch_alter_table("outgoing_mail") as batch:
        batch.drop_column("attachment_name")
        batch.drop_column("attachment_sha256")
    for table in ("agreement", "proposed_certificate", "issue_proposal", "approver"):
        op.drop_table(table)
    with op.batch_alter_table("programme") as batch:
        batch.drop_constraint("correction_time_not_negative", type_="check")
        for column in (
            "design", "accent", "design_texts", "statements_allowed", "correction_days",
            "agreement_required", "participation", "assessment",
        ):  # fmt: skip
            batch.drop_column(column)
    with op.batch_alter_table("signatory") as batch:
        batch.drop_column("signature_sha256")
    with op.batch_alter_table("organisation") as batch:
        batch.drop_column("logo_sha256")
    guards.guard_frozen("credential", FROZEN_BEFORE, json_columns=["facts"])
    guards.guard_written_once("credential", ["issued_at", "file_sha256"])


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
