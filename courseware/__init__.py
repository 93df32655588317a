"""Runs a short professional course taught by two universities together."""

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec

from flask import Flask

__version__ = "0.1.0"

FEATURES = (
    "accounts",
    "partners",
    "programmes",
    "cohorts",
    "schedule",
    "attendance",
    "feedback",
    "credentials",
    "home",
)
"""In order: a feature imports only from those before it. `home` shows something of each."""


def create_app(environment: Mapping[str, str] | None = None) -> Flask:
    """The application, with settings from `environment` (default: the process's own)."""
    from courseware import assets, db, errors, i18n, permissions, security
    from courseware.config import read_settings

    settings = read_settings(environment)
    app = Flask(
        __name__,
        template_folder=str(settings.root / "templates"),
        static_folder=str(settings.root / "courseware" / "static"),
    )
    app.config["SETTINGS"] = settings
    app.config["VAR_FOLDER"] = settings.var
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    db.init_app(app, settings)
    security.init_app(app, settings)
    i18n.init_app(app, settings.language)
    errors.init_app(app)
    assets.init_app(app)
    app.jinja_env.globals.update(
        may=permissions.may,
        Permission=permissions.Permission,
        signed_in_user=permissions.signed_in_user,
    )
    for feature in FEATURES:
        for part in ("models", "service", "jobs", "views", "verification_views", "commands"):
            name = f"courseware.{feature}.{part}"
            if find_spec(f"courseware.{feature}") is None or find_spec(name) is None:
                continue
            module = import_module(name)
            if part.endswith("views"):
                app.register_blueprint(module.bp)
            if part == "commands":
                for command in module.commands:
                    app.cli.add_command(command)
    from courseware import keys, operating

    for command in (*operating.commands, *keys.commands):
        app.cli.add_command(command)
    permissions.check_all_views_declare(app)
    return app
