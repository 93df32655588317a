"""let feedback be asked by itself, counted once and followed by recommendations."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feedback_pairing",
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("questionnaire_id", sa.Integer(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohort.id"], name=op.f("fk_feedback_pairing_cohort_id_cohort")
        ),
        sa.ForeignKeyConstraint(
            ["questionnaire_id"],
            ["questionnaire.id"],
            name=op.f("fk_feedback_pairing_questionnaire_id_questionnaire"),
        ),
        sa.PrimaryKeyConstraint("cohort_id", "questionnaire_id", name=op.f("pk_feedback_pairing")),
    )
    op.create_index(
        op.f("ix_feedback_pairing_questionnaire_id"), "feedback_pairing", ["questionnaire_id"]
    )
    op.create_table(
        "feedback_plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(40), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("questionnaire_id", sa.Integer(), nullable=False),
        sa.Column("moment", sa.String(40), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("days_open", sa.Integer(), nullable=False),
        sa.Column("is_by_mail", sa.Boolean(), nullable=False),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.CheckConstraint("days_open BETWEEN 1 AND 365", name=op.f("ck_feedback_plan_days_open")),
        sa.CheckConstraint(
            "reminders BETWEEN 0 AND 2", name=op.f("ck_feedback_plan_two_reminders_at_most")
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_feedback_plan_programme_id_programme")
        ),
        sa.ForeignKeyConstraint(
            ["questionnaire_id"],
            ["questionnaire.id"],
            name=op.f("fk_feedback_plan_questionnaire_id_questionnaire"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_plan")),
        sa.UniqueConstraint(
            "programme_id",
            "questionnaire_id",
            "moment",
            name=op.f("uq_feedback_plan_programme_id_questionnaire_id_moment"),
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_feedback_plan_public_id")),
    )
    op.create_index(op.f("ix_feedback_plan_programme_id"), "feedback_plan", ["programme_id"])
    op.create_index(
        op.f("ix_feedback_plan_questionnaire_id"), "feedback_plan", ["questionnaire_id"]
    )
    op.create_table(
        "feedback_report_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(40), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("languages", sa.String(20), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("error", sa.String(400), nullable=False),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["user.id"], name=op.f("fk_feedback_report_file_asked_by_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohort.id"], name=op.f("fk_feedback_report_file_cohort_id_cohort")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_report_file")),
        sa.UniqueConstraint("public_id", name=op.f("uq_feedback_report_file_public_id")),
    )
    op.create_index(
        op.f("ix_feedback_report_file_cohort_id"), "feedback_report_file", ["cohort_id"]
    )
    op.create_table(
        "questionnaire_correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("questionnaire_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(200), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(400), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("corrected_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["corrected_by_id"],
            ["user.id"],
            name=op.f("fk_questionnaire_correction_corrected_by_id_user"),
        ),
        sa.ForeignKeyConstraint(
            ["questionnaire_id"],
            ["questionnaire.id"],
            name=op.f("fk_questionnaire_correction_questionnaire_id_questionnaire"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questionnaire_correction")),
    )
    op.create_index(
        op.f("ix_questionnaire_correction_questionnaire_id"),
        "questionnaire_correction",
        ["questionnaire_id"],
    )
    op.create_table(
        "recommendation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(40), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("addressee", sa.String(40), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohort.id"], name=op.f("fk_recommendation_cohort_id_cohort")
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["user.id"], name=op.f("fk_recommendation_made_by_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_recommendation_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user.id"], name=op.f("fk_recommendation_owner_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recommendation")),
        sa.UniqueConstraint("public_id", name=op.f("uq_recommendation_public_id")),
    )
    op.create_index(op.f("ix_recommendation_cohort_id"), "recommendation", ["cohort_id"])
    op.create_index(op.f("ix_recommendation_owner_id"), "recommendation", ["owner_id"])
    op.create_table(
        "recommendation_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recommendation_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["recommendation_id"],
            ["recommendation.id"],
            name=op.f("fk_recommendation_step_recommendation_id_recommendation"),
        ),
        sa.ForeignKeyConstraint(
            ["taken_by_id"], ["user.id"], name=op.f("fk_recommendation_step_taken_by_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recommendation_step")),
    )
    op.create_index(
        op.f("ix_recommendation_step_recommendation_id"),
        "recommendation_step",
        ["recommendation_id"],
    )
    op.create_table(
        "feedback_code",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("is_spent", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["feedback_round.id"],
            name=op.f("fk_feedback_code_round_id_feedback_round"),
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_feedback_code")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_feedback_code_round_id"), "feedback_code", ["round_id"])
    op.create_table(
        "feedback_tally",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(90), nullable=False),
        sa.Column("trainer_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["feedback_round.id"],
            name=op.f("fk_feedback_tally_round_id_feedback_round"),
        ),
        sa.PrimaryKeyConstraint(
            "round_id", "question", "trainer_id", "value", name=op.f("pk_feedback_tally")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "comment_note",
        sa.Column("answer_key", sa.String(40), nullable=False),
        sa.Column("themes", sa.JSON(), nullable=False),
        sa.Column("translations", sa.JSON(), nullable=False),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hidden_by_id", sa.Integer(), nullable=True),
        sa.Column("hidden_reason", sa.String(400), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_key"],
            ["feedback_answer.key"],
            name=op.f("fk_comment_note_answer_key_feedback_answer"),
        ),
        sa.ForeignKeyConstraint(
            ["hidden_by_id"], ["user.id"], name=op.f("fk_comment_note_hidden_by_id_user")
        ),
        sa.PrimaryKeyConstraint("answer_key", name=op.f("pk_comment_note")),
    )
    if op.get_bind().dialect.name == "postgresql":  # SQLite looks at no length
        op.alter_column("feedback_answer", "question", type_=sa.String(90))
    op.add_column("feedback_response", sa.Column("pair", sa.String(64), nullable=True))
    op.create_index(op.f("ix_feedback_response_pair"), "feedback_response", ["pair"])

    with op.batch_alter_table("feedback_round") as batch:
        batch.add_column(sa.Column("moment", sa.String(40), nullable=False, server_default="after"))
        batch.add_column(sa.Column("plan_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(
            sa.Column("is_by_mail", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch.add_column(sa.Column("reminders", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(
            sa.Column("reminders_sent", sa.Integer(), nullable=False, server_default="0")
        )
        batch.add_column(sa.Column("answered", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("rated", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("rated_alike", sa.Integer(), nullable=True))
        batch.drop_constraint(
            op.f("uq_feedback_round_cohort_id_questionnaire_id_place"), type_="unique"
        )
        batch.create_index(op.f("ix_feedback_round_opened_at"), ["opened_at"], unique=False)
        batch.create_index(op.f("ix_feedback_round_plan_id"), ["plan_id"], unique=False)
        batch.create_unique_constraint(
            op.f("uq_feedback_round_cohort_id_questionnaire_id_place_moment"),
            ["cohort_id", "questionnaire_id", "place", "moment"],
        )
        batch.create_foreign_key(
            op.f("fk_feedback_round_plan_id_feedback_plan"), "feedback_plan", ["plan_id"], ["id"]
        )

    with op.batch_alter_table("programme") as batch:
        batch.add_column(
            sa.Column("feedback_limit", sa.Integer(), nullable=False, server_default="35")
        )
        batch.create_check_constraint(
            "feedback_limit_on_the_scale", "feedback_limit BETWEEN 10 AND 50"
        )
    with op.batch_alter_table("outgoing_mail") as batch:
        batch.add_column(
            sa.Column("leaves_no_trace", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    _keep_what_closed_rounds_counted()


def _keep_what_closed_rounds_counted() -> None:
    op.execute("UPDATE feedback_round SET opened_at = opens_at")
    op.execute("UPDATE feedback_round SET moment = 'session' WHERE training_session_id IS NOT NULL")
    op.execute(
        "INSERT INTO feedback_tally (round_id, question, trainer_id, value, count) "
        "SELECT round_id, question, COALESCE(trainer_id, 0), value, COUNT(*) FROM feedback_answer "
        "WHERE value IS NOT NULL AND round_id IN "
        "(SELECT id FROM feedback_round WHERE closed_at IS NOT NULL) "
        "GROUP BY round_id, question, COALESCE(trainer_id, 0), value"
    )
    op.execute(
        "UPDATE feedback_round SET answered = (SELECT COUNT(*) FROM feedback_response "
        "WHERE feedback_response.round_id = feedback_round.id) WHERE closed_at IS NOT NULL"
    )
    _keep_who_rated_everything_alike()


def _keep_who_rated_everything_alike() -> None:
    """Of responses with three ratings or more, how many gave the same to every question."""
    op.execute("UPDATE feedback_round SET rated = 0, rated_alike = 0 WHERE closed_at IS NOT NULL")
    connection = op.get_bind()
    stored = sa.table("questionnaire", sa.column("id"), sa.column("definition", sa.JSON))
    rated = sa.text(
        "SELECT round_id, COUNT(*), SUM(CASE WHEN least = most THEN 1 ELSE 0 END) FROM ("
        "SELECT a.round_id, a.response_key, MIN(a.value) AS least, MAX(a.value) AS most "
        "FROM feedback_answer a JOIN feedback_round r ON r.id = a.round_id "
        "WHERE r.questionnaire_id = :asked AND r.closed_at IS NOT NULL "
        "AND a.response_key IS NOT NULL AND a.value > 0 AND a.question IN :scales "
        "GROUP BY a.round_id, a.response_key HAVING COUNT(*) >= 3) AS whole GROUP BY round_id"
    ).bindparams(sa.bindparam("scales", expanding=True))
    for asked, definition in connection.execute(sa.select(stored)).all():
        scales = [
            question["key"]
            for section in definition.get("sections", [])
            for question in section.get("questions", [])
            if question.get("kind") == "scale"
        ]
        if len(scales) < 3:
            continue
        found = connection.execute(rated, {"asked": asked, "scales": scales}).all()
        for round_id, whole, alike in found:
            connection.execute(
                sa.text(
                    "UPDATE feedback_round SET rated = :whole, rated_alike = :alike WHERE id = :id"
                ),
                {"whole": whole, "alike": alike, "id": round_id},
            )


def downgrade() -> None:
    # An older version knows one asking of a questionnaire about the course, and none to come.
    op.execute("DELETE FROM feedback_round WHERE opened_at IS NULL")
    op.execute("UPDATE feedback_round SET place = moment WHERE place = '' AND moment <> 'after'")
    with op.batch_alter_table("outgoing_mail") as batch:
        batch.drop_column("leaves_no_trace")
    with op.batch_alter_table("programme") as batch:
        batch.drop_constraint("feedback_limit_on_the_scale", type_="check")
        batch.drop_column("feedback_limit")
    with op.batch_alter_table("feedback_round") as batch:
        batch.drop_constraint(op.f("fk_feedback_round_plan_id_feedback_plan"), type_="foreignkey")
        batch.drop_constraint(
            op.f("uq_feedback_round_cohort_id_questionnaire_id_place_moment"), type_="unique"
        )
        batch.drop_index(op.f("ix_feedback_round_plan_id"))
        batch.drop_index(op.f("ix_feedback_round_opened_at"))
        for column in (
            "rated_alike", "rated", "answered", "reminders_sent", "reminders", "is_by_mail",
            "opened_at", "plan_id", "moment",
        ):  # fmt: skip
            batch.drop_column(column)
        batch.create_unique_constraint(
            op.f("uq_feedback_round_cohort_id_questionnaire_id_place"),
            ["cohort_id", "questionnaire_id", "place"],
        )
    op.drop_index(op.f("ix_feedback_response_pair"), "feedback_response")
    op.drop_column("feedback_response", "pair")
    for table in (
        "comment_note", "feedback_tally", "feedback_code", "recommendation_step", "recommendation",
        "questionnaire_correction", "feedback_report_file", "feedback_plan", "feedback_pairing",
    ):  # fmt: skip
        op.drop_table(table)
