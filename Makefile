# make demo    set up and answer a real question, offline
# make test    set up and run the tests
# make check   format, lint, types, import contracts
# make bench   print the benchmark figures
# make lock    resolve the dependencies anew into requirements/

# The first that runs: a name on the path may be a stub that starts nothing.
PYTHON ?= $(shell for v in python3.13 python3.12 python3.11 python3; do $$v -c "" 2>/dev/null && echo $$v && break; done)
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

QUESTION := Which interface carries A1 policies, and between which components?

.PHONY: demo install test check format bench lock clean

demo: $(VENV)/.runtime
	@$(BIN)/coreagent ask "$(QUESTION)" --explain
	@echo
	@echo 'Next: $(BIN)/coreagent chat  ·  $(BIN)/coreagent ask "..."  ·  $(BIN)/coreagent corpus add your-docs/ --name mine  ·  $(BIN)/coreagent models add NAME'

install: $(VENV)/.dev

test: $(VENV)/.dev
	@$(BIN)/python -m pytest

check: $(VENV)/.dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports
	@$(BIN)/mypy
	@$(BIN)/basedpyright

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

bench: $(VENV)/.dev
	@for script in startup openai_compatible core_run checkpoints routing.latency routing.budgets; do $(BIN)/python -m benchmarks.$$script || exit 1; done

lock: $(VENV)/.dev
	@$(PIP) install uv
	@$(BIN)/uv pip compile pyproject.toml --group setup --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet --upgrade -o requirements/runtime.txt
	@$(BIN)/uv pip compile pyproject.toml --group setup --group dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet --upgrade -c requirements/runtime.txt -o requirements/dev.txt

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

# --- the environment -------------------------------------------------------
# Everything is installed from the lock with its hash checked; nothing is resolved.

$(VENV)/bin/python:
	@command -v "$(PYTHON)" >/dev/null || { echo "Python 3.11, 3.12 or 3.13 is needed: install it, or run make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || { echo "$(PYTHON) is $$($(PYTHON) -V): Python 3.11, 3.12 or 3.13 is needed. Run make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "The venv module is missing: on Debian and Ubuntu, apt-get install python3-venv"; exit 1; }

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml | $(VENV)/bin/python
	@echo "installing from the lock, hashes verified (about a minute) ..."
	@start=$$(date +%s); \
	$(PIP) install --require-hashes --no-deps -r requirements/runtime.txt && \
	$(PIP) install --no-deps --no-build-isolation --no-index --editable . && \
	echo "environment ready in $$(( $$(date +%s) - start )) s"
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@echo "installing the development tools ..."
	@$(PIP) install --require-hashes --no-deps -r requirements/dev.txt
	@touch $@
