# corebank: two commands are enough, `make demo` and `make test`. Everything else is here too.
PYTHON ?= python3
BIN := .venv/bin
PROTOS := $(shell find protos/corebank -name '*.proto' | sort)
.PHONY: setup demo check test test-long bench format clean
.DEFAULT_GOAL := setup

setup: .venv/.installed .venv/.protos

.venv/.installed: pyproject.toml setup.py $(wildcard cython_ext/*.py cython_ext/*.pxd)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'corebank needs Python >= 3.11; set PYTHON=...'; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo 'Install the venv module first: apt-get install python3-venv'; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

.venv/.protos: .venv/.installed $(PROTOS) protos/generate.py
	$(BIN)/python protos/generate.py
	@touch $@

demo: setup
	@$(BIN)/corebank demo

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	PYTHONPATH=. $(BIN)/lint-imports --no-cache
	$(BIN)/python protos/generate.py --lint

test: setup
	$(BIN)/python -m pytest -n auto

test-long: setup
	$(BIN)/python -m pytest --long

bench: setup
	$(BIN)/python -m benchmarks

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv build protos/generated *.egg-info cython_ext/*.c cython_ext/*.so
