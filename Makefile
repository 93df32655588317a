# Two commands do everything on a fresh Debian or Ubuntu with Python 3.11 and make:
#   make demo    installs, runs the example course and serves it on http://127.0.0.1:8000
#   make test    installs what tests need and runs all of them

PYTHON ?= python3
BIN := .venv/bin
SERVE ?= yes
PO := $(wildcard courseware/translations/*/LC_MESSAGES/messages.po)

.PHONY: demo test check bench help install translations messages screenshots battery clean

help: ## Say what each command does
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

demo: install ## Install, run the example course through the real imports, serve it (SERVE=no: not)
	$(BIN)/python -m courseware.demo $(if $(filter no,$(SERVE)),--no-serve)

test: .venv/test .venv/npm translations ## Install what tests need and run all: SQLite, PostgreSQL, browser
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

check: .venv/check translations ## Format, lint, types, migrations, translations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_migrations.py tests/test_translations.py

bench: .venv/test translations ## Measure, and print medians (JSON=yes: as one JSON value)
	$(BIN)/python -m benchmarks $(if $(filter yes,$(JSON)),--json)

screenshots: .venv/test translations ## Make the README's pictures from the demo
	$(BIN)/python -m scripts.screenshots

messages: .venv/check ## Collect the strings of the source into the catalogues
	$(BIN)/pybabel -q extract -F babel.cfg -k lazy -k N_ -k Message -k _ --no-location --sort-output \
	  --omit-header -o /tmp/courseware.pot .
	$(BIN)/pybabel -q update -i /tmp/courseware.pot -d courseware/translations --no-fuzzy-matching \
	  --ignore-obsolete --omit-header

install: .venv/run translations ## Install what the product needs, into .venv

translations: $(PO:.po=.mo)

%.mo: %.po | .venv/run
	$(BIN)/pybabel -q compile -i $< -o $@ -l $(notdir $(patsubst %/LC_MESSAGES/messages.po,%,$<))

.venv/run: requirements/run.txt setup.cfg pyproject.toml
	scripts/debian-packages run
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install -q --disable-pip-version-check -r requirements/run.txt
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

.venv/test: requirements/test.txt .venv/run
	scripts/debian-packages test
	$(BIN)/pip install -q --disable-pip-version-check -r requirements/test.txt
	touch $@

# Badges are verified by an implementation that is not ours; without node or network that test skips.
.venv/npm: tests/npm/package-lock.json | .venv/test
	if command -v npm >/dev/null; then npm ci --prefix tests/npm --no-audit --no-fund --loglevel=error && touch $@; fi || true

.venv/check: requirements/check.txt .venv/test
	$(BIN)/pip install -q --disable-pip-version-check -r requirements/check.txt
	touch $@

battery: .venv/test translations ## Kill workers at every step of issuing and fill the disk, on both databases (an hour)
	BATTERY=yes $(BIN)/python -m pytest -q -n auto tests/credentials/test_killed_while_printing.py \
	  tests/credentials/test_full_disk.py

clean: ## Remove what the demo and the tests made (var/), keep .venv
	rm -rf var .pytest_cache .mypy_cache .ruff_cache .hypothesis
