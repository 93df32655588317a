"""Routes: the first page of each role, and the page that shows all components."""

from flask import Blueprint, render_template

bp = Blueprint("home", __name__)


@bp.get("/components")
def components() -> str:
    """Every component in every state, with sample values."""
    return render_template("home/components.html")
