# Every target sets up what it needs: a virtual environment in .venv, renewed when the requirements change.
#   make demo    segment a real clip, results in out/demo/
#   make test    all tests
#   make lint    ruff
#   make types   mypy
#   make wheel   dist/*.whl

# The first Python on the path that is new enough; `make PYTHON=/path/to/python3.12 …` chooses another.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
ifndef PYTHON
PYTHON := $(or $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c '$(NEW_ENOUGH)' 2>/dev/null && echo "$$p" && break; done),python3)
endif
JOBS ?= $(shell nproc 2>/dev/null || echo 2)

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip --quiet --quiet

.PHONY: demo test lint types wheel
.DELETE_ON_ERROR:

demo: $(READY)
	@$(BIN)/vos demo --out out/demo --overwrite

# --dist worksteal: a worker that is done early takes over tests of a busy one.
test: $(READY)
	@$(BIN)/python -m pytest --quiet --numprocesses $(JOBS) --dist worksteal $(TESTS)

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(READY)
	@$(BIN)/mypy

wheel: $(READY)
	@rm -rf dist
	@$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

$(READY): pyproject.toml constraints.txt
	@if ! "$(PYTHON)" -c '$(NEW_ENOUGH)' 2>/dev/null; then \
		echo "Python 3.11 or newer is needed; $(PYTHON): $$("$(PYTHON)" --version 2>&1). On Debian 12 or Ubuntu 24.04:" >&2; \
		echo "    sudo apt-get install python3 python3-venv" >&2; \
		echo "or name another: make PYTHON=/path/to/python3.11" >&2; exit 1; fi
	@if ! "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null; then \
		version=$$("$(PYTHON)" -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
		echo "Python's venv module is missing. On Debian or Ubuntu:" >&2; \
		echo "    sudo apt-get install python$$version-venv     (or python3-venv, for the system's own Python)" >&2; \
		exit 1; fi
	@echo "Setting up $(VENV) (the first time this takes a few minutes) …"
	@[ -x $(BIN)/python ] && $(BIN)/python -m pip --version >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear $(VENV)
	@$(PIP) install --constraint constraints.txt hatchling editables
	@$(PIP) install --constraint constraints.txt --no-build-isolation --editable '.[dev]'
	@touch $@
