"""Triggers that make the database itself refuse what must never happen; for migrations."""

from collections.abc import Iterable

from alembic import op


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def guard(table: str, when: str, condition: str, sentence: str, name: str) -> None:
    """Refuse `when` (UPDATE or DELETE) of rows that meet `condition`, with `sentence`."""
    if _is_sqlite():
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {when} ON {table} WHEN {condition} "
            f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN RAISE EXCEPTION '{sentence}'; END $$"
    )
    condition = condition.replace(" IS NOT OLD.", " IS DISTINCT FROM OLD.")
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {when} ON {table} FOR EACH ROW WHEN ({condition}) "
        f"EXECUTE FUNCTION {name}()"
    )


def unguard(table: str, name: str) -> None:
    """Take a guard away."""
    if _is_sqlite():
        op.execute(f"DROP TRIGGER {name}")
        return
    op.execute(f"DROP TRIGGER {name} ON {table}")
    op.execute(f"DROP FUNCTION {name}()")


def guard_append_only(table: str) -> None:
    """Rows are only ever added."""
    for when in ("UPDATE", "DELETE"):
        sentence = f"{table} is only ever added to"
        guard(table, when, "1 = 1", sentence, f"{table}_no_{when.lower()}")


def unguard_append_only(table: str) -> None:
    """Take both guards of `guard_append_only` away."""
    for when in ("update", "delete"):
        unguard(table, f"{table}_no_{when}")


def guard_frozen(table: str, columns: Iterable[str], json_columns: Iterable[str] = ()) -> None:
    """Rows are never deleted, and these columns never change."""
    guard(table, "DELETE", "1 = 1", f"{table} is never deleted", f"{table}_no_delete")
    # JSON has no equality in PostgreSQL: compare it as text there.
    as_text = "" if _is_sqlite() else "::text"
    changed = [f"NEW.{column} IS NOT OLD.{column}" for column in columns]
    changed += [f"NEW.{each}{as_text} IS NOT OLD.{each}{as_text}" for each in json_columns]
    guard(
        table, "UPDATE", " OR ".join(changed), f"the facts of {table} are frozen", f"{table}_frozen"
    )


def unguard_frozen(table: str) -> None:
    """Take both guards of `guard_frozen` away."""
    unguard(table, f"{table}_no_delete")
    unguard(table, f"{table}_frozen")


def guard_written_once(table: str, columns: Iterable[str]) -> None:
    """These columns change from nothing to something, and then never again."""
    changed = " OR ".join(
        f"(OLD.{column} IS NOT NULL AND NEW.{column} IS NOT OLD.{column})" for column in columns
    )
    guard(table, "UPDATE", changed, f"{table} was issued", f"{table}_written_once")


def unguard_written_once(table: str) -> None:
    """Take the guard of `guard_written_once` away."""
    unguard(table, f"{table}_written_once")
