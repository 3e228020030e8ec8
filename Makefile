# Every target sets up what it needs. `make help` lists them.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help demo test fuzz xss harvest site screenshots lint format lock clean setup

PYTHON ?= python3
ARGS ?=
PYTEST_ARGS ?=
LOCK_ARGS ?=
FUZZED ?= 100000
DURATION ?= 600

BIN := .venv/bin
# The lock's maker is no part of the lock: it is fetched when it is needed.
UV := uv==0.13.9
PIP := $(BIN)/python $(wildcard tools/pip-*.whl)/pip

help: ## list the targets
	@sed -nE 's/^([a-z]+):[^#]*## (.*)/  make \1\t\2/p' Makefile | expand -t 18

demo: setup ## harvest the embedded mirror into output/demo/, which is emptied first
	@$(BIN)/python tools/demo.py $(ARGS)

harvest: setup ## harvest the live site into output/ (ARGS="-a since=2022-08-01")
	@$(BIN)/scrapy harvest china $(ARGS)

site: setup ## make a blog of the archive, at http://127.0.0.1:4000/ (ARGS="--english")
	@$(BIN)/python -m tools.site $(ARGS)

test: lint ## lint, then run the whole test suite (PYTEST_ARGS="-k roll")
	@$(BIN)/python -m pytest -n 3 --dist worksteal $(PYTEST_ARGS)

fuzz: setup ## FUZZED hostile pages and answers (100000), then a fuzzer for DURATION seconds (600)
	@FUZZED=$(FUZZED) $(BIN)/python -m pytest -n 2 --dist worksteal -q tests/fuzz $(PYTEST_ARGS)
	@$(PIP) install --quiet --disable-pip-version-check --require-hashes --no-deps \
	  --only-binary=:all: --requirement tests/fuzz/requirements.lock
	@mkdir -p output/fuzz/corpus
	@$(BIN)/python tests/fuzz/target.py output/fuzz/corpus tests/fuzz/corpus/pages \
	  -max_total_time=$(DURATION) -timeout=10 -max_len=10000 -len_control=0 -verbosity=0 -print_final_stats=1 \
	  -artifact_prefix=output/fuzz/ $(ARGS)

xss: setup ## try all public vectors, and our own, on posts in Chromium (a quarter of an hour)
	@PYTHONPATH=.:tests $(BIN)/python -m xss.rig

screenshots: setup ## make the README's pictures, docs/images/*, from the demo (ARGS=report.png)
	@$(BIN)/python tools/screenshots.py $(ARGS)

lint: setup ## ruff and mypy, as the tests want them
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy --no-error-summary

format: setup ## let ruff lay the code out
	@$(BIN)/ruff check --fix --quiet
	@$(BIN)/ruff format --quiet

lock: setup ## write requirements.lock from pyproject.toml (LOCK_ARGS=--upgrade for newer versions)
	@$(PIP) install --quiet --disable-pip-version-check $(UV)
	@$(BIN)/uv pip compile pyproject.toml --quiet --no-config --extra dev --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" --output-file requirements.lock $(LOCK_ARGS)

clean: ## remove .venv and every cache; output/ stays
	@rm -rf build dist *.egg-info .venv .venv-benchmarks .venv-readers .venv-readers.lock .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find sinanews tests tools -name __pycache__ -type d -exec rm -rf {} +

setup:
	@$(PYTHON) tools/setup_venv.py
