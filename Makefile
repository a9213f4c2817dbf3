# Everything runs from a virtual environment in the checkout, made on first use; nothing is installed outside it but,
# for `make test` as root on Debian, the MariaDB server binary.

VENV   := .venv
PYTHON := $(VENV)/bin/python
# The environment holds absolute paths, so a moved checkout installs again.
READY  := $(VENV)/.ready-$(shell printf '%s' "$(CURDIR)" | cksum | cut -d' ' -f1)
ARGS   ?=
# Tests wait for servers now and then, so three processes keep two cores at work.
TESTERS ?= 3
# What a clock judges mostly waits.
TIMERS ?= 4
AWAY_S ?= 600
# The oldest that is allowed by pyproject.toml; the newest is pinned in requirements/dev.txt.
REDIS_PY ?= 5.1.0
SEED   ?= 1
BENCH  ?= peers live_table

# Each process of the tests, and each that they start, would otherwise compile the code again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install demo test timed check format soak away campaign campaign-release bench requirements clean

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(READY) ## Make the virtual environment and install queuetui into it

demo: $(READY) ## Open the console on a living workload (ARGS="--no-ui --seconds 10" runs it without a screen)
	@$(VENV)/bin/queuetui demo $(ARGS)

test: $(READY) ## Run the tests (ARGS="-k lease" picks some)
	@scripts/install-pgbouncer
	@scripts/install-mariadb
	@$(PYTHON) -m pytest -q -n $(TESTERS) $(ARGS)

.PHONY: test-captures
test-captures: $(READY) ## Run the suite of all captures, with further folders of captures in QUEUETUI_EXTRA_FIXTURES (separated by :)
	@$(PYTHON) -m pytest -q tests/captures $(ARGS)

.PHONY: test-live
test-live: $(READY) ## Run real workers of other products on what our verbs did; installs the products into temporary folders
	@$(PYTHON) -m pytest -q -m live tests/live $(ARGS)

.PHONY: test-redis-py
test-redis-py: $(READY) ## Run the tests that use Redis on another version of its driver (REDIS_PY=5.1.0)
	@$(PYTHON) -m pip install -q --no-deps --target build/redis-$(REDIS_PY) redis==$(REDIS_PY)
	@PYTHONPATH=build/redis-$(REDIS_PY) $(PYTHON) -m pytest -q -n $(TESTERS) tests/backends tests/conformance -k redis $(ARGS)

timed: $(READY) ## Run the tests that a clock judges; run nothing beside them
	@scripts/install-pgbouncer
	@scripts/install-mariadb
	@$(PYTHON) -m pytest -q -m timed -n $(TIMERS) $(ARGS)

check: $(READY) ## Lint, format, types and import rules
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports --no-logo

format: $(READY) ## Let ruff mend and format the code
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .

soak: $(READY) ## Kill workers at random under a full load, and watch a healthy queue for false verdicts, for minutes
	@scripts/install-mariadb
	@$(PYTHON) -m pytest -m soak --timeout 3600 $(ARGS)

away: $(READY) ## Take a worker's server away for ten minutes (AWAY_S=600), on PostgreSQL and Redis
	@QUEUETUI_AWAY_S=$(AWAY_S) $(PYTHON) -m pytest -q -o log_cli=true -o log_cli_level=INFO -m timed tests/engine/test_long_away.py $(ARGS)

campaign: $(READY) ## Do every kind of harm to a queue on every store and plant bugs, in half an hour or more (SEED=1)
	@scripts/install-mariadb
	@$(PYTHON) -m pytest -q -m campaign
	@$(PYTHON) -m tests.acceptance.campaign --tier b --seed $(SEED) --report docs/campaign.md $(ARGS)
	@$(PYTHON) -m pytest -q tests/conformance/test_machine.py tests/conformance/test_filter.py tests/http/test_openapi.py --hypothesis-profile campaign --timeout 3600

campaign-release: $(READY) ## The same for hours, in slices of 30 minutes: run it until it says that all cases are done
	@$(PYTHON) -m tests.acceptance.campaign --tier c --seed $(SEED) --resume build/campaign-$(SEED) --minutes 30 $(ARGS)

bench: $(READY) ## Measure beside our peers, nothing is asserted (BENCH=peers ARGS="--quick" takes minutes)
	@for one in $(BENCH); do echo "== $$one"; $(PYTHON) -m "benchmarks.$$one" $(ARGS) || exit 1; done

requirements: $(READY) ## Resolve the newest allowed versions into requirements/*.txt
	@$(PYTHON) -m pip install --quiet uv
	@scripts/pin-requirements

clean: ## Remove the virtual environment and every cache
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements/dev.txt pyproject.toml
	@scripts/make-venv $(VENV)
	@touch $@
