# `make demo` and `make test` do all the set-up: a fresh machine needs nothing but make and Python 3.11 or newer.

PYTHON ?= python3
UV     ?= uv
VENV   := .venv
BIN    := $(VENV)/bin
PY     := $(BIN)/python
PIP    := $(PY) -m pip --disable-pip-version-check --quiet
PYTEST_ARGS ?= -n 3 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench docs lock clean

help: ## what there is to make
	@sed -n 's/^\([a-z]*\):.*## /make \1  /p' Makefile

demo: $(VENV)/.run ## an audit of an embedded AWS account; says where the report is
	@$(BIN)/auditor demo || [ $$? -eq 1 ]  # 1: the faults that are built in were found

test: $(VENV)/.dev ## all tests
	$(PY) -m pytest $(PYTEST_ARGS)

lint: $(VENV)/.dev ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.dev ## how long an audit takes, and how much memory
	$(PY) -m benchmarks

docs: $(VENV)/.dev ## the pages that are generated from tables and checks
	$(PY) tools/generate_docs.py

# Everything that is installed is pinned with its hash. UPGRADE=--upgrade takes the newest versions.
lock: ## requirements.lock and requirements-dev.lock, from pyproject.toml (needs uv)
	printf '%s\n' $(BUILD) | $(UV) pip compile $(LOCK) --output-file requirements.lock pyproject.toml -
	printf '%s\n' $(BUILD) | $(UV) pip compile $(LOCK) --group dev --constraint requirements.lock \
		--output-file requirements-dev.lock pyproject.toml -

BUILD := 'hatchling>=1.27' 'editables>=0.5'
LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url \
	--custom-compile-command 'make lock' --extra demo $(UPGRADE)

clean: ## everything that can be made again
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps are made anew when a lock file changes: .run has what a user needs, .dev the tools besides.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Python 3.11 or newer is needed, and $(PYTHON) is not: make PYTHON=/path/to/python3.11 …' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo 'No virtual environment could be made: install the venv module (on Debian: python3-venv).' >&2; exit 1; }
	@touch $@

$(VENV)/.run: $(VENV)/.made requirements.lock pyproject.toml
	$(PIP) install --require-hashes --requirement requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.made requirements-dev.lock pyproject.toml
	$(PIP) install --require-hashes --requirement requirements-dev.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.run
