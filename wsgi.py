"""The application for a WSGI server: `gunicorn wsgi:app`."""

from courseware import create_app

app = create_app()
