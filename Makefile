# Tallyroom. `make` or `make help` lists the commands.

SHELL := /bin/sh
.DEFAULT_GOAL := help

# Candidates, of which the first with version 3.11 or newer is used.
PYTHONS := python3.11 python3.12 python3.13 python3 python
# The first of the given names that is new enough and can create virtual environments.
first_of = $(shell for name in $(1); do \
	if $$name -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	echo $$name; break; fi; done)
PYTHON ?= $(call first_of,$(PYTHONS))
# Prefer the system's Python: it is built with optimisations, like the Docker image's. Builds by pyenv
# and similar tools often are not.
BENCH_PYTHON ?= $(call first_of,$(addprefix /usr/bin/,$(PYTHONS)) $(PYTHONS))
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-installed
DEVELOPMENT := $(VENV)/.development-installed
STATIC := staticfiles/.collected

.PHONY: help run serve worker migrate secrets test coverage check check-code check-types check-rules check-pages bench measures mutants screenshots postman permissions format migrations messages clean

help: ## List the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

run: $(STATIC) ## Set up and serve embedded: one process on SQLite, PORT 8000
	@exec $(BIN)/python manage.py run

serve: $(STATIC) ## Serve in production: several processes, PostgreSQL, Redis
	@ENVIRONMENT=production exec $(BIN)/python manage.py serve

worker: $(RUNTIME) ## Run background jobs in production, beside `make serve`
	@ENVIRONMENT=production exec $(BIN)/python manage.py work

migrate: $(RUNTIME) ## Migrate the production database; run it before each new version
	@ENVIRONMENT=production exec $(BIN)/python manage.py migrate

secrets: ## Print new secrets as lines for .env; needs only Python
	@$(if $(PYTHON),$(PYTHON),python3) manage.py generate_secrets

test: $(DEVELOPMENT) $(STATIC) ## Run all tests, embedded and on PostgreSQL and Redis
	@exec $(BIN)/python -m tools.run_tests $(ARGS)

coverage: $(DEVELOPMENT) $(STATIC) ## Run all tests and report the lines and branches they execute
	@exec $(BIN)/python -m tools.measure_coverage $(ARGS)

check: check-code check-types check-rules check-pages ## Lint, types, spelling, architecture, migrations, dependencies, pages

# Apart, so that `make -j check` runs them side by side.
check-code: $(DEVELOPMENT)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell

check-types: $(DEVELOPMENT)
	$(BIN)/mypy

check-rules: $(DEVELOPMENT)
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/deptry .

check-pages: $(DEVELOPMENT)
	$(BIN)/python -m tools.lint_frontend

bench: ## Run the benchmarks on PostgreSQL and Redis with default durability
	@exec $(MAKE) --no-print-directory VENV=var/bench-venv PYTHON=$(BENCH_PYTHON) measures

measures: $(DEVELOPMENT)
	@exec $(BIN)/python -m bench $(ARGS)

mutants: $(DEVELOPMENT) ## Break the code on purpose and check that a test fails
	@exec $(BIN)/python -m tools.mutants $(ARGS)

screenshots: $(DEVELOPMENT) ## Save screenshots of all pages in var/screenshots
	@$(BIN)/python -m tools.screenshots $(ARGS)

postman: $(DEVELOPMENT) ## Generate the Postman collection from the OpenAPI document
	@$(BIN)/python -m tools.postman

format: $(DEVELOPMENT) ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

migrations: $(DEVELOPMENT) ## Create migrations for changed models
	$(BIN)/python manage.py makemigrations

permissions: $(DEVELOPMENT) ## Print the table of roles and actions into docs/teams.md
	@$(BIN)/python -m tools.permissions

messages: $(DEVELOPMENT) ## Update the translation catalogs from templates and code
	@$(BIN)/python -m tools.messages

clean: ## Remove the virtual environment and all embedded data
	rm -rf $(VENV) staticfiles var

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with venv was not found. On Debian, install python3-venv."; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements.txt constraints.txt | $(BIN)/python
	@echo "Installing dependencies ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		-r requirements.txt -c constraints.txt
	@touch $@

$(DEVELOPMENT): requirements-dev.txt $(RUNTIME)
	@echo "Installing development dependencies ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		-r requirements-dev.txt -c constraints.txt
	@touch $@

$(STATIC): $(RUNTIME) $(shell find */static -type f)
	@$(BIN)/python manage.py collectstatic --noinput --verbosity 0
	@touch $@
