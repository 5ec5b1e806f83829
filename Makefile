# One target per habit; `make` alone lists them. Needs Python >= 3.11 and make only.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
UV := $(VENV)/bin/uv
UV_INSTALL := $(UV) pip install --quiet --python $(PY) --require-hashes
UV_LOCK := $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-annotate --no-header --python-version 3.11
# Stamps say which lock the environment was last filled from.
UV_STAMP := $(VENV)/.filled-uv
RUN_STAMP := $(VENV)/.filled-run
DEV_STAMP := $(VENV)/.filled-dev
MUTANTS_STAMP := $(VENV)/.filled-mutants
# The machine's own authorities, where it has them: a company's proxy is among them.
SYSTEM_CERTS := $(wildcard /etc/ssl/certs/ca-certificates.crt)
ifneq ($(SYSTEM_CERTS),)
export SSL_CERT_FILE ?= $(SYSTEM_CERTS)
endif
# Kinds of faults that have files of their own.
FAULTS_OF_mixed := tests/faults/long_mixed.py
FAULTS_OF_redis := tests/faults/test_F10_long_run.py
FAULTS_OF_batches := tests/faults/long_run_batches.py
FAULTS_OF_mails := tests/faults/long_run_mails.py
FAULTS_OF_races := tests/faults/long_run_races.py
FAULTS_OF_statements := tests/faults/test_statements.py tests/faults/test_migrations.py
# Without a home that can be written to, packages are cached beside the environment.
CACHE_IS_OPEN := $(shell \
	folder="$${XDG_CACHE_HOME:-$${HOME:+$$HOME/.cache}}/uv"; \
	test "$$folder" != /uv || exit 0; \
	while test ! -e "$$folder"; do folder=$$(dirname "$$folder"); done; \
	test -d "$$folder" && test -w "$$folder" && echo yes)
ifneq ($(CACHE_IS_OPEN),yes)
export UV_CACHE_DIR ?= $(CURDIR)/$(VENV)/.cache
export PIP_NO_CACHE_DIR ?= 1
endif
# What a server behind TLS would say; nothing is started with it.
PRODUCTION_LIKE := DJANGO_ALLOWED_HOSTS=desk.example.com \
	DJANGO_CSRF_TRUSTED_ORIGINS=https://desk.example.com BEHIND_TLS_PROXY=true \
	TRUSTED_PROXIES=1 \
	DJANGO_SECRET_KEY=not-a-secret-only-long-enough-for-the-deployment-checks-0123456789

.DEFAULT_GOAL := help
.PHONY: help setup-run setup-dev run test test-domain screenshots check lint types \
	imports migrations deploy coverage fmt bench bench-memory properties mutants faults truth backup \
	restore lock clean

help: ## List the targets.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1|/' \
		| column -t -s '|' 2>/dev/null || grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST)

setup-run: $(RUN_STAMP) ## Make .venv and fill it with what the site needs.

setup-dev: $(DEV_STAMP) ## Fill .venv with what tests and checks need too.

run: setup-run ## Run the whole desk on http://127.0.0.1:8000/ (PORT=… for another).
	@exec $(PY) -m config.supervisor

test: setup-dev ## Run all tests on servers of their own (ARGS=… goes to pytest).
	$(PY) -m pytest -n 2 --dist worksteal $(ARGS)

test-domain: setup-dev ## Run the core's tests: seconds, no servers.
	DESK_TEST_ENGINES=none $(PY) -m pytest tests/domain $(ARGS)

screenshots: setup-dev ## Walk through the desk and keep what was seen in .run/screenshots.
	rm -rf .run/screenshots
	SCREENSHOTS_DIR="$(CURDIR)/.run/screenshots" REQUIRE_BROWSER=1 \
		$(PY) -m pytest tests/journeys $(ARGS)

# Few examples a property: every branch must be reached by a sentence of its own.
coverage: setup-dev ## Fail where a branch of the core has no test.
	DESK_TEST_ENGINES=none PROPERTY_EXAMPLES=20 $(PY) -m pytest -q tests/domain \
		--cov=recovery/domain --cov-branch --cov-fail-under=100 \
		--cov-report=term-missing:skip-covered

# The tests come last: their closing line is the line that counts.
check: lint types imports migrations deploy coverage test ## Run everything CI runs.

lint: setup-dev ## Check style and format.
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: setup-dev ## Check the types.
	$(PY) -m mypy .

imports: setup-dev ## Check who imports whom.
	$(VENV)/bin/lint-imports

migrations: setup-dev ## Check that the migrations say what the models say.
	$(PY) manage.py makemigrations --check --dry-run

deploy: setup-dev ## Check the settings as a server would have them.
	$(PRODUCTION_LIKE) $(PY) manage.py check --deploy --fail-level WARNING

fmt: setup-dev ## Format the code and mend what the linter can.
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: setup-dev ## Measure, side by side in one run.
	@set -e; for bench in benchmarks/*_bench.py; do \
		$(PY) -m "benchmarks.$$(basename "$$bench" .py)"; done

bench-memory: setup-dev ## Import ROWS=5000000 rows, and the largest workbook, and watch the memory.
	ROWS=$(or $(ROWS),5000000) $(PY) -m benchmarks.import_memory

properties: setup-dev ## Hold the core's properties on EXAMPLES=5000 examples each, and walk money's paths.
	$(PY) -m tests.domain.properties --examples $(or $(EXAMPLES),5000) $(ARGS)
	MACHINE_EXAMPLES=$(or $(WALKS),50) $(PY) -m pytest -q tests/services/test_money_machine.py

mutants: $(MUTANTS_STAMP) ## Change the core and see who notices (ARGS="--sample N --minutes M").
	$(PY) -m tests.domain.mutants $(ARGS)

faults: setup-dev ## Kill at N instants (N=20 KIND=import, import-xlsx, mixed, redis, …).
	$(if $(filter races,$(KIND)),EMBEDDED_CONNECTIONS=260 )FAULTS_SEED=$(or $(SEED),20261122) FAULTS_N=$(or $(N),20) FAULTS_KIND=$(KIND) FAULTS_STEP=1 FAULTS_STATEMENTS=1000 \
		$(PY) -m pytest $(or $(FAULTS_OF_$(KIND)),tests/faults/long_run.py) $(ARGS)

truth: setup-dev ## Hold the desk against the truth of EVENTS=10000 events (SEED=…).
	TRUTH_EVENTS=$(or $(EVENTS),10000) TRUTH_SEED=$(or $(SEED),7) \
		$(PY) -m pytest tests/journeys/truth_long_run.py $(ARGS)

backup: setup-run ## Write the whole desk into a new folder (OUT=…).
	@test -n "$(OUT)" || { echo "Name a new folder: make backup OUT=…" >&2; exit 2; }
	@$(PY) -m config.backup write "$(OUT)"

restore: setup-run ## Bring a desk back into an empty one, and prove it (FROM=…).
	@test -n "$(FROM)" || { echo "Name the backup: make restore FROM=…" >&2; exit 2; }
	@$(PY) -m config.backup read "$(FROM)"

lock: $(UV_STAMP) ## Lock the packages anew from requirements/*.in.
	$(UV_LOCK) requirements/uv.in -o requirements/uv.txt
	$(UV_LOCK) requirements/run.in -o requirements/run.txt
	cd requirements && ../$(UV_LOCK) dev.in -o dev.txt
	cd requirements && ../$(UV_LOCK) mutants.in -o mutants.txt

clean: ## Remove .venv and caches; the desk's data in .run stays.
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache \
		.hypothesis .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed; $(PYTHON) is not. Name one: PYTHON=… make" \
		>&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) || { \
		echo "$(PYTHON) cannot make an environment (Debian: install python3-venv)." \
		>&2; exit 1; }

$(UV_STAMP): requirements/uv.txt | $(PY)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes \
		-r requirements/uv.txt
	@touch $@

$(RUN_STAMP): requirements/run.txt $(UV_STAMP)
	$(UV_INSTALL) -r requirements/run.txt
	@touch $@

$(DEV_STAMP): requirements/dev.txt $(UV_STAMP)
	$(UV_INSTALL) -r requirements/dev.txt
	@touch $(RUN_STAMP) $@

$(MUTANTS_STAMP): requirements/mutants.txt $(DEV_STAMP)
	$(UV_INSTALL) -r requirements/mutants.txt
	@touch $@
