# Two commands on a fresh machine with Python >= 3.11 and git: make demo, make test.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
  if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
WORKERS ?= 2
# As they come, which is the long ones first: by default those with few tests are last, and one
# worker waits for the other.
BY_FILE := --dist loadfile --no-loadscope-reorder

.PHONY: help install demo test test-slow test-crash lint format types imports check bench bench-repair bench-plans lock sandbox compiler clean

help:  ## Show this
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(VENV)/.installed sandbox  ## Make .venv with Gatewright and what it needs
	@echo "Installed: $(BIN)/gatewright"

demo: install  ## Run the main job on a bundled repository with a real bug
	@$(BIN)/gatewright demo

test: $(VENV)/.installed-dev sandbox  ## Run the tests
	$(BIN)/python -m pytest -n $(WORKERS) $(BY_FILE)

test-slow: $(VENV)/.installed-dev sandbox  ## Run those that take longer
	$(BIN)/python -m pytest -n $(WORKERS) $(BY_FILE) -m slow

test-crash: $(VENV)/.installed-dev sandbox  ## Kill -9 at every point, and tell the figures
	$(BIN)/python -m pytest -n $(WORKERS) --dist load tests/crash -m "crash_all or not slow"

check: lint types imports test test-slow  ## Everything that CI runs

lint: $(VENV)/.installed-dev  ## Format and lint, without changing anything
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

format: $(VENV)/.installed-dev  ## Format and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.installed-dev  ## mypy --strict on our code
	$(BIN)/mypy

imports: $(VENV)/.installed-dev  ## The import rules of the architecture
	$(BIN)/lint-imports

bench: $(VENV)/.installed-dev  ## Ratios measured side by side
	$(BIN)/python -m benchmarks.telemetry_overhead --json
	$(BIN)/python -m benchmarks.gate --json
	$(BIN)/python -m benchmarks.repair_speed --json
	$(BIN)/python -m benchmarks.gate_rules --json

bench-repair: $(VENV)/.installed-dev  ## The repair engine on seeded bugs, as a table
	$(BIN)/python -m benchmarks.repair --seconds 60

bench-plans: $(VENV)/.installed-dev  ## A step of a plan beside make, Dask, Prefect and others (half an hour)
	$(BIN)/python -m benchmarks.plan_engine --markdown

lock: $(VENV)/.installed-dev  ## Write the lock files anew
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	  pyproject.toml deploy/build.in -o deploy/requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	  --extra dev pyproject.toml deploy/build.in -o deploy/requirements-dev.lock

clean:  ## Remove .venv and caches
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

# bubblewrap confines the code under work; without it Gatewright falls back to Landlock, and says so.
sandbox:
	@bash deploy/debian.sh bwrap "Landlock (weak)." bubblewrap

# Some tests build a stand-in for NVIDIA's driver library.
compiler:
	@bash deploy/debian.sh cc "those tests are skipped." gcc libc6-dev

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; none was found on PATH."; exit 4; }
	@echo "Making $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "The venv module is incomplete; on Debian: apt-get install python3-venv"; rm -rf $(VENV); exit 4; }

$(VENV)/.installed: deploy/requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing (about a minute) ..."
	@$(PIP) install -q --require-hashes -r deploy/requirements.lock
	@$(PIP) install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: deploy/requirements-dev.lock $(VENV)/.installed
	@echo "Installing what the tests need ..."
	@$(PIP) install -q --require-hashes -r deploy/requirements-dev.lock
	@touch $@
