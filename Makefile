# corebank: two commands are enough, `make demo` and `make test`. Everything else is here too.
PYTHON ?= python3
BIN := .venv/bin
PROTOS := $(shell find protos/corebank -name '*.proto' | sort)
GENERATED := protos/generated/.made
.PHONY: setup demo check test test-long bench bench-long format clean
.DEFAULT_GOAL := setup
# An environment that was moved, or whose Python is gone, is made anew; so is one left half-made.
$(shell test -x $(BIN)/python && test "$$(cat .venv/.installed 2>/dev/null)" = '$(CURDIR)' || rm -f .venv/.installed)

setup: .venv/.installed $(GENERATED)

.venv/.installed: pyproject.toml setup.py $(wildcard cython_ext/*.py cython_ext/*.pxd cython_ext/*.pyx)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'corebank needs Python >= 3.11; set PYTHON=...'; exit 1; }
	@command -v $${CC:-cc} >/dev/null || { echo 'Install a C compiler first: apt-get install build-essential python3-dev'; exit 1; }
	@test -e $@ && $(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv || { echo 'Install the venv module first: apt-get install python3-venv'; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --root-user-action=ignore -e '.[dev]'
	@echo '$(CURDIR)' > $@

$(GENERATED): .venv/.installed $(PROTOS) protos/generate.py
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
	$(BIN)/python -m pytest -n auto --dist worksteal

test-long: setup
	$(BIN)/python -m pytest --long

bench: setup
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.loan_arrays

bench-long: setup
	$(BIN)/python -m benchmarks --accounts 1000000 --events 10000000
	$(BIN)/python -m benchmarks.close 10000 100000 1000000
	$(BIN)/python -m benchmarks.replay
	$(BIN)/python -m benchmarks.revaluation
	$(BIN)/python -m benchmarks.farm_loan
	$(BIN)/python -m benchmarks.credit_reports

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv build protos/generated *.egg-info cython_ext/*.c cython_ext/*.so
