"""Migrations: both ways, and equal to the models."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from factories import NOW
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DatabaseError

from courseware.attendance.models import AttendanceImport, CheckInDevice
from courseware.attendance.rules import ImportState
from courseware.credentials.models import Credential, IssueBatch, NumberSeries, Revocation
from courseware.credentials.rules import BatchState
from courseware.db import db


def test_the_migrated_database_is_the_one_that_the_models_describe(app):
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, db.metadata) == []


def test_all_migrations_go_down_and_up_again(app):
    folder = str(app.config["SETTINGS"].root / "migrations")
    downgrade(directory=folder, revision="base")
    assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
    upgrade(directory=folder)
    assert "attendance_mark" in inspect(db.engine).get_table_names()


def test_credentials_issued_before_survive_the_way_down_and_up_with_their_guards(app, make):
    enrolment = make.enrolment(make.cohort())
    by = make.administrator()
    batch = IssueBatch(
        cohort=enrolment.cohort, state=BatchState.DONE, asked_at=NOW, asked_by_id=by.id
    )
    credential = Credential(
        enrolment=enrolment,
        batch=batch,
        series=NumberSeries(name="T-{number}"),
        serial=1,
        number="T-1",
        facts={"number": "T-1"},
        reserved_at=NOW,
        issued_at=NOW,
        file_sha256="0" * 64,
    )
    db.session.add(credential)
    db.session.flush()
    db.session.add(
        Revocation(credential_id=credential.id, reason="Test", revoked_at=NOW, revoked_by_id=by.id)
    )
    db.session.commit()
    folder = str(app.config["SETTINGS"].root / "migrations")

    downgrade(directory=folder, revision="0001")
    upgrade(directory=folder)

    kept = db.session.execute(
        text("SELECT number, kind, file_sha256, reason FROM credential JOIN revocation"
             " ON credential_id = credential.id")
    ).one()  # fmt: skip
    assert kept == ("T-1", "certificate", "0" * 64, "Test")
    db.session.rollback()
    for sentence in (
        "DELETE FROM credential",
        "UPDATE credential SET kind = 'statement'",
        "UPDATE credential SET file_sha256 = NULL",
        "UPDATE revocation SET reason = ''",
    ):
        with pytest.raises(DatabaseError):
            db.session.execute(text(sentence))
        db.session.rollback()


def test_phones_remembered_before_can_be_forgotten_and_files_put_away_before_lose_their_names(
    app, make
):
    folder = str(app.config["SETTINGS"].root / "migrations")
    cohort, user = make.cohort(), make.user()
    for number in (1, 2):
        db.session.add(CheckInDevice(token_sha256=str(number) * 64, user=user, made_at=NOW))
    for state in (ImportState.DISCARDED, ImportState.ACCEPTED):
        db.session.add(
            AttendanceImport(
                cohort=cohort, file_name="x.csv", file_sha256="0" * 64, kind="teams",
                report={"people": ["Aida"]}, state=state, uploaded_at=NOW,
            )
        )  # fmt: skip
    db.session.commit()

    downgrade(directory=folder, revision="0004")
    upgrade(directory=folder)

    assert len(set(db.session.scalars(select(CheckInDevice.public_id)))) == 2
    reports = select(AttendanceImport.report).order_by(AttendanceImport.id)
    assert db.session.scalars(reports).all() == [{}, {"people": ["Aida"]}]
