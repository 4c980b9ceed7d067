# Jishi. Type `make` to see what there is.
# Settings go as arguments: make run PORT=9000 DATA=folder DEMO=no, make test-fast ARGS="-k wage".

PORT ?=
DATA ?=
DEMO ?=
ARGS ?=
PYTHON ?=

BIN := .venv/bin
RUN_FLAGS = $(if $(PORT),--port $(PORT)) $(if $(DATA),--data "$(DATA)") $(if $(DEMO),$(if $(filter no 0 false off,$(DEMO)),--no-demo,--demo))
LOCK := UV_PYTHON_DOWNLOADS=never $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-annotate --no-emit-index-url --no-header
FAST = $(wildcard tests/*/test_rules.py) $(wildcard tests/rulebook)
RULES = $(wildcard */rules.py) $(wildcard */rules/*.py)

.DEFAULT_GOAL := help
.PHONY: help setup setup-tests run test test-fast lint fmt check messages pictures lock bench

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

setup: ## Make the environment; at once when it is there
	@PYTHON="$(PYTHON)" sh app/setup.sh app

setup-tests:
	@PYTHON="$(PYTHON)" sh app/setup.sh tests

run: setup ## Serve Jishi here (PORT=9000 DATA=folder DEMO=no)
	@exec $(BIN)/python -m app run $(RUN_FLAGS) $(ARGS)

test: setup-tests ## Lint, then every test, with a real PostgreSQL and a real browser
	@$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -n 2 -m "not serial" $(ARGS)
	$(BIN)/python -m pytest -m serial --ignore tests/e2e $(ARGS)
	$(BIN)/python -m pytest tests/e2e $(ARGS)

test-fast: setup-tests ## Only the tests of rules: no database, no browser
	$(BIN)/python -m pytest $(FAST) $(ARGS)

lint: setup-tests ## Ruff, the import contracts, the types of core and rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy core rulebook $(RULES)

fmt: setup-tests ## Put the code in its usual form
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format .

check: test ## What must pass before a change goes in (lint and test)

messages: setup-tests ## Collect the sentences to translate into locale/
	$(BIN)/python -m app messages $(ARGS)

pictures: setup-tests ## Take the pictures of README and guides again
	$(BIN)/python -m tests.e2e.pictures

lock: setup-tests ## Choose versions for requirements/*.in (ARGS=--upgrade: the newest)
	$(LOCK) $(ARGS) requirements/app.in -o requirements/app.txt
	$(LOCK) $(ARGS) requirements/test.in -o requirements/test.txt
	$(LOCK) $(ARGS) requirements/postgres.in -o requirements/postgres.txt

bench: setup-tests ## Measure; docs/benchmarks.md says what the figures mean
	$(BIN)/python -m benchmarks.claims $(ARGS)
	$(BIN)/python -m benchmarks.pages $(ARGS)
