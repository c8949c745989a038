# `make` alone lists the targets.
.DEFAULT_GOAL := help
.PHONY: help dev demo test test-rust test-python lint fmt bench bench-indicators bench-check docs wheel clean

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
SOURCES := $(shell find rust -name '*.rs' -o -name 'Cargo.toml' 2>/dev/null) Cargo.toml Cargo.lock pyproject.toml

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(VENV)/.created:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/.installed: $(VENV)/.created pyproject.toml
	$(BIN)/python -m pip install --quiet --group dev
	@touch $@

$(VENV)/.built: $(VENV)/.installed $(SOURCES)
	VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/maturin develop --release --locked --quiet
	@touch $@

dev: $(VENV)/.built ## create the virtual environment and build the extension into it

demo: dev ## run a whole session on the bundled sample, ending in a table and openbell-report.html
	$(BIN)/openbell demo

test: test-rust test-python ## every test, Rust and Python

test-rust:
	cargo test --workspace --locked --quiet

test-python: dev
	$(BIN)/python -m pytest

lint: dev ## formatters in check mode, clippy, ruff, mypy, stubtest
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	MYPYPATH=python $(BIN)/python -m mypy.stubtest openbell._core

fmt: dev ## format everything
	cargo fmt --all
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: dev ## measure, and print tables
	$(BIN)/python -m benches.speed
	$(BIN)/python -m pytest benches --benchmark-only --benchmark-columns=min,median,rounds --benchmark-sort=name -q
	$(BIN)/python -m benches.figures
	$(BIN)/python -m benches.changes
	$(BIN)/python -m benches.scanning
	$(BIN)/python -m benches.minute
	$(BIN)/python -m benches.live

docs: dev ## write what is made from the registry: a page of the docs, and the types of its functions
	$(BIN)/python -m openbell.indicators.page > docs/indicators.md
	$(BIN)/python -m openbell.indicators.stub > python/openbell/indicators/__init__.pyi

bench-check: dev ## count instructions (callgrind): fails where work has become more than a tenth dearer
	$(BIN)/python -m benches.counts

bench-indicators: dev ## indicators beside TA-Lib's, in one table
	$(BIN)/python -m benches.indicators

wheel: dev ## build the wheel into dist/
	VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/maturin build --release --locked --out dist

clean: ## remove what was built
	rm -rf target $(VENV) dist
