"""Migrations: both ways, and equal to the models."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect

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
