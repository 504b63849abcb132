# Tallyroom. `make` or `make help` lists what there is to do.

SHELL := /bin/sh
.DEFAULT_GOAL := help

# Any of these may be the one that has version 3.11 or newer.
PYTHONS := python3.11 python3.12 python3.13 python3 python
# The first of some that has it, and can make an environment.
first_of = $(shell for name in $(1); do \
	if $$name -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	echo $$name; break; fi; done)
PYTHON ?= $(call first_of,$(PYTHONS))
# The system's, if it has one: it is built with optimisations, as the image's is, while those that
# pyenv and its like have built often aren't.
BENCH_PYTHON ?= $(call first_of,$(addprefix /usr/bin/,$(PYTHONS)) $(PYTHONS))
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-installed
DEVELOPMENT := $(VENV)/.development-installed
STATIC := staticfiles/.collected

.PHONY: help run serve migrate secrets test check bench measures mutants screenshots postman format migrations messages clean

help: ## List the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

run: $(STATIC) ## Set up and serve, embedded: SQLite, one process, PORT (8000)
	@exec $(BIN)/python manage.py run

serve: $(STATIC) ## Serve in production form: several processes, PostgreSQL, Redis
	@ENVIRONMENT=production exec $(BIN)/python manage.py serve

migrate: $(RUNTIME) ## Bring the production database up to date, before each new version
	@ENVIRONMENT=production exec $(BIN)/python manage.py migrate

secrets: ## Print new secrets as lines for .env; needs nothing but Python
	@$(if $(PYTHON),$(PYTHON),python3) manage.py generate_secrets

test: $(DEVELOPMENT) $(STATIC) ## Run all tests: embedded, then on real PostgreSQL and Redis
	@exec $(BIN)/python -m tools.run_tests $(ARGS)

check: $(DEVELOPMENT) ## Lint, types, spelling, architecture, migrations, dead dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/deptry .

bench: ## Measure, on PostgreSQL and Redis with default durability
	@exec $(MAKE) --no-print-directory VENV=var/bench-venv PYTHON=$(BENCH_PYTHON) measures

measures: $(DEVELOPMENT)
	@exec $(BIN)/python -m bench $(ARGS)

mutants: $(DEVELOPMENT) ## Break the code on purpose, and see a test fail each time
	@exec $(BIN)/python -m tools.mutants $(ARGS)

screenshots: $(DEVELOPMENT) ## Write pictures of every page to var/screenshots
	@$(BIN)/python -m tools.screenshots $(ARGS)

postman: $(DEVELOPMENT) ## Write the Postman collection, from the OpenAPI document
	@$(BIN)/python -m tools.postman

format: $(DEVELOPMENT) ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

migrations: $(DEVELOPMENT) ## Make the migrations that models ask for
	$(BIN)/python manage.py makemigrations

messages: $(DEVELOPMENT) ## Bring translations up to date with templates and code
	@$(BIN)/python -m tools.messages

clean: ## Remove the environment and all embedded data
	rm -rf $(VENV) staticfiles var

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer that can make environments is needed, and was not found (on Debian that takes python3-venv)."; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements.txt constraints.txt | $(BIN)/python
	@echo "Installing what Tallyroom needs ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		-r requirements.txt -c constraints.txt
	@touch $@

$(DEVELOPMENT): requirements-dev.txt $(RUNTIME)
	@echo "Installing what its tests and checks need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		-r requirements-dev.txt -c constraints.txt
	@touch $@

$(STATIC): $(RUNTIME) $(shell find */static -type f)
	@$(BIN)/python manage.py collectstatic --noinput --verbosity 0
	@touch $@
