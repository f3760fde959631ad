PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
MATRIX_PYTHON ?= python3.13
MATRIX_VENV := .venv-matrix
MATRIX_DJANGO := 6.0.10
# Files of tests run side by side, each process with a database and a Valkey of its own; PARALLEL=
# runs them in turn. What runs in one process says tests/sharing.py.
PARALLEL ?= --numprocesses 3 --dist loadfile

# What they bring is kept by the code that test_endpoint.py goes through.
WAYS_IN := $(addprefix uploads/test_,ftp.py interruptions.py multipart.py names.py sftp.py)

.DEFAULT_GOAL := help
.PHONY: help setup run serve test style types contracts checks collect suite coverage test-sqlite test-embedded \
  test-browser test-matrix browser format lock bench clean

help:  ## list what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 18

setup: $(VENV)/.installed  ## create .venv and install the locked versions

$(VENV)/.installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, found " + sys.version)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv==$(UV_VERSION) \
	  && $(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock \
	  || $(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@touch $@

run: setup  ## start everything, with simulated stations
	$(BIN)/python manage.py serve --demo $(if $(HOST),--host $(HOST)) $(if $(PORT),--port $(PORT))

serve: setup  ## start everything, without simulated stations
	$(BIN)/python manage.py serve $(if $(HOST),--host $(HOST)) $(if $(PORT),--port $(PORT))

test:  ## all that CI runs
	$(MAKE) --no-print-directory --jobs 2 setup browser
	$(MAKE) --no-print-directory --jobs 4 types collect contracts checks style
	$(MAKE) --no-print-directory suite
	$(MAKE) --no-print-directory test-sqlite
	$(MAKE) --no-print-directory test-embedded

style: setup  ## ruff: format and lint
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .

types: setup  ## mypy: strict on the protocol, the lifecycles and the services
	$(BIN)/mypy

contracts: setup  ## import-linter: the floors of the architecture
	$(BIN)/lint-imports

checks: setup  ## Django's own: system checks, no migration missing
	$(BIN)/python manage.py check --fail-level WARNING
	$(BIN)/python manage.py makemigrations --check --dry-run

collect: setup  ## compile the tests once, for all the processes that run them
	@found=$$($(BIN)/python -m pytest -q --collect-only 2>&1) || { echo "$$found"; exit 1; }

suite: setup browser  ## the whole suite on PostgreSQL, Valkey and SeaweedFS
	$(BIN)/python -m pytest -q $(PARALLEL)

coverage: setup browser  ## the whole suite again, with what it did not reach
	$(BIN)/python -m pytest -q --cov --cov-report=term

# Left out is what has no database, or reaches it only by way of what is tested here. What services
# do on SQLite, they do in the run after this one.
test-sqlite: setup  ## what touches the database, on a SQLite file
	TEST_DATABASE=sqlite $(BIN)/python -m pytest -q $(PARALLEL) -m "not browser and not servers" \
	  $(addprefix --ignore=tests/,access archives conformance docs lifecycles ocpp profiles services storage testing texts \
	  wording test_packaging.py $(addprefix admin/test_,console.py reader.py schema_form.py) commands/test_simulate.py \
  $(WAYS_IN))

# Left out is what asks nothing of a station's model: the files themselves, how they came, and what
# pages show of the operator's own.
test-embedded: setup  ## the suite inside a foreign CSMS, without `stations`, on a SQLite file
	TEST_SETTINGS=tests.hostcsms.settings \
	TEST_DATABASE=sqlite $(BIN)/python -m pytest -q $(PARALLEL) -m "not browser and not servers" \
	  $(addprefix --ignore=tests/services/test_,direct_uploads.py examination.py following.py reading.py store_check.py) \
	  --deselect=tests/access/test_walk.py::test_the_own_pages_open_and_do_not_change_because_of_anothers_rows \
	  $(addprefix tests/,hostcsms access/test_walk.py adapters services test_checks.py test_conf.py test_migrations.py \
	  test_public_names.py)

test-browser: setup browser  ## the operators' pages in Chromium
	$(BIN)/python -m pytest -q -m browser

test-matrix:  ## the suite on Python 3.13 and Django 6.0, where that interpreter exists
	@if ! $(MATRIX_PYTHON) --version >/dev/null 2>&1; then \
	  echo "$(MATRIX_PYTHON) is not here: set MATRIX_PYTHON, or skip this."; exit 0; \
	else $(MAKE) --no-print-directory $(MATRIX_VENV)/.installed \
	  && $(MATRIX_VENV)/bin/python -m pytest -q; fi

$(MATRIX_VENV)/.installed: requirements.lock
	$(MATRIX_PYTHON) -m venv $(MATRIX_VENV)
	$(MATRIX_VENV)/bin/python -m pip install --quiet --require-hashes -r requirements.lock
	$(MATRIX_VENV)/bin/python -m pip install --quiet Django==$(MATRIX_DJANGO)
	@touch $@

browser:
	@tests/servers/install_browser.sh

format: setup  ## put the code into its one shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: setup  ## resolve the pins into requirements.lock again
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --custom-compile-command "make lock" --output-file requirements.lock requirements-dev.txt

bench: setup  ## measure: see benchmarks/
	$(BIN)/python -m benchmarks

clean:  ## remove what was built, installed and kept
	rm -rf $(VENV) $(MATRIX_VENV) var build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache \
	  .import_linter_cache .hypothesis .coverage htmlcov
