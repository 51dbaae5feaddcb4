# The manual: `make` alone lists what there is to do.

VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/pytest --quiet
FAST_TESTS := tests/unit tests/simulation tests/contract
REAL_TESTS := tests/conformance tests/e2e tests/faults tests/cluster tests/scale tests/prometheus tests/grafana tests/operations

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: docs help demo up status down test test-fast test-real check format lint types walls \
	simulate faults scale soak compose-test bench setup setup-tests rabbitmq postgresql prometheus lock clean

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

# Running it

demo: setup ## start everything, play the scenario, show a summary; Ctrl-C ends it
	@$(BIN)/muster demo

up: setup ## start RabbitMQ and the processes, and wait until they are ready
	@$(BIN)/muster up

status: $(VENV)/runtime.stamp ## show every process and whether it is ready
	@$(BIN)/muster status

down: $(VENV)/runtime.stamp ## stop what `make up` started; data stays
	@$(BIN)/muster down

# Checking it

test: setup-tests ## run all tests; the real servers they need are started for them
	$(PYTEST) --numprocesses 2 --seeds 2000 $(FAST_TESTS)
	$(PYTEST) $(REAL_TESTS)

check: $(VENV)/development.stamp ## format, lint, types, import walls, fast tests: before every commit
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint walls types
	@$(MAKE) --no-print-directory test-fast

test-fast: $(VENV)/development.stamp
	$(PYTEST) --numprocesses 2 --seeds 12 --hypothesis-profile check tests/unit tests/simulation

simulate: $(VENV)/development.stamp ## live through many stories of faults; SEEDS=10000, FIRST=0, CORES=1
	@$(BIN)/python -W ignore -m tests.simulation --seeds $(or $(SEEDS),2000) \
		--first $(or $(FIRST),0) $(if $(CORES),--cores $(CORES))

test-real: setup-tests
	$(PYTEST) $(REAL_TESTS)

faults: setup-tests ## break a Muster under load in every way, and account for all it accepted
	$(PYTEST) tests/faults

scale: setup-tests ## measure what one, two and three workers do together
	$(PYTEST) tests/scale

soak: setup-tests ## ten minutes of steady load: does anything grow? MINUTES=10, RATE=5
	@$(BIN)/python -W ignore::DeprecationWarning -m tests.soak --minutes $(or $(MINUTES),10) --rate $(or $(RATE),5)

compose-test: SHELL := /bin/bash
compose-test: .SHELLFLAGS := -o pipefail -c
compose-test: $(VENV)/development.stamp ## run docker-compose.yml for real, killing containers; as root, with Docker
	@mkdir -p reports
	@CI=true $(PYTEST) --verbose tests/compose 2>&1 | tee reports/compose-test.log

format: $(VENV)/development.stamp ## put the code into its form
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

lint: $(VENV)/development.stamp
	$(BIN)/ruff format --check
	$(BIN)/ruff check

docs: $(VENV)/development.stamp ## write docs/asyncapi.yaml, docs/metrics.md and Grafana's dashboards anew from the code
	@$(BIN)/muster asyncapi > docs/asyncapi.yaml
	@$(BIN)/muster metrics > docs/metrics.md
	@$(BIN)/python -m deploy.grafana.source

types: $(VENV)/development.stamp
	$(BIN)/mypy

walls: $(VENV)/development.stamp
	$(BIN)/lint-imports --no-logo

bench: setup-tests build/peers.stamp ## measure beside the alternatives, in one run; ROUNDS=5, ONLY="pipeline"
	@$(BIN)/python -W ignore -m benchmarks $(ONLY) --rounds $(or $(ROUNDS),5)

build/peers.stamp: benchmarks/peers/requirements.txt deploy/setup/venv.sh
	@deploy/setup/venv.sh build/peers benchmarks/peers/requirements.txt
	@touch $@

# Setting it up; a second time is quick, a changed lock installs again

setup: rabbitmq $(VENV)/runtime.stamp ## install what running needs

setup-tests: rabbitmq postgresql prometheus $(VENV)/development.stamp ## install what the tests need, too

$(VENV)/runtime.stamp: requirements/runtime.txt pyproject.toml deploy/setup/venv.sh
	@deploy/setup/venv.sh $(VENV) requirements/runtime.txt
	@touch $@

$(VENV)/development.stamp: requirements/development.txt $(VENV)/runtime.stamp
	@deploy/setup/venv.sh $(VENV) requirements/development.txt
	@touch $@

rabbitmq:
	@deploy/setup/rabbitmq.sh

postgresql:
	@deploy/setup/postgresql.sh

prometheus:
	@deploy/setup/prometheus.sh

lock: $(VENV)/development.stamp ## pin the requirements anew (UPGRADE=--upgrade for newer versions)
	deploy/setup/lock.sh $(BIN)/pip-compile $(UPGRADE)

clean: ## stop everything; delete data, keys, logs, caches and the virtual environment
	@if [ -x $(BIN)/muster ]; then $(BIN)/muster down --erase; fi
	rm -rf $(VENV) .muster .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	rm -rf build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
