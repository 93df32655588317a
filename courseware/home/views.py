"""Routes: the first page of each role, and the page that shows all components."""

from flask import Blueprint, render_template

from courseware.permissions import Permission, requires

bp = Blueprint("home", __name__)


@bp.get("/")
@requires(Permission.SEE_HOME)
def index() -> str:
    """The first page of each role: what now?"""
    return render_template("home/components.html")


@bp.get("/components")
@requires(Permission.SEE_COMPONENTS)
def components() -> str:
    """Every component in every state, with sample values."""
    return render_template("home/components.html")
