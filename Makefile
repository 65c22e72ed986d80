# The only requirements are Python 3.11 or newer and make: every target sets up what it needs in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# The tests of a file or a class stay together; all workers share one Kafka and one registry. Tests wait more than they
# compute: three workers keep two cores busy.
WORKERS ?= 3
PARALLEL := -n $(WORKERS) --dist loadscope --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help demo unit test test-all messages search faults-core faults-life simulate bench outdated lint lock clean

help:
	@echo "make demo      the whole journey on real parts (KEEP=1 leaves it running)"
	@echo "make unit      the tests that start no process, in a minute"
	@echo "make test      lint, then the tests that need only Python, but for the slow ones"
	@echo "make test-all  make test, the slow tests, what needs more: javac, node, promtool; then make search"
	@echo "make search    every property under new random seeds, 2 minutes (ARGS='--seconds 3600': longer)"
	@echo "make faults-core  the core under every fault, at most 25 minutes (ARGS='--only broker': some of them)"
	@echo "make faults-life  an installation killed, filled up, restored, upgraded, at most 20 minutes (needs root)"
	@echo "make simulate  a working day of 10,000 orders, checked and replayed, about 9 minutes (ARGS='--orders 500')"
	@echo "make bench     the hub's processor beside its peers, about 25 minutes (ARGS=--quick: four)"
	@echo "make lint      ruff, mypy --strict, import rules"
	@echo "make messages  write the shared language's Python types anew from schemas/*.avsc"
	@echo "make outdated  which dependency is a year behind (needs the network)"
	@echo "make lock      resolve requirements.lock anew from pyproject.toml"

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "kranhub needs Python 3.11 or newer; name one with PYTHON=python3.x"; exit 1; }
	@echo "setting up $(VENV): about a minute the first time"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

demo: $(READY)
	@$(BIN)/python -m deploy.demo

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

unit: $(READY)
	$(BIN)/python -m pytest $(PARALLEL) -m "not process" tests/unit tests/schemas/test_lint.py

test: lint
	$(BIN)/python -m pytest $(PARALLEL) -m "not extra and not slow and not alone"
	$(BIN)/python -m pytest -m "alone and not slow"

test-all: test
	$(BIN)/python -m pytest $(PARALLEL) -m "(extra or slow) and not alone"
	$(BIN)/python -m pytest -m "alone and slow"
	$(BIN)/python -m tests.search $(SEARCH)

search: $(READY)
	@$(BIN)/python -m tests.search $(ARGS)

faults-core: $(READY)
	@$(BIN)/python -m tools.faults.core $(ARGS)

faults-life: $(READY)
	@$(BIN)/python -m tools.faults.installation $(ARGS)

simulate: $(READY)
	@$(BIN)/python -m tools.simulation $(ARGS)

bench: $(READY)
	@$(BIN)/python -m benchmarks $(ARGS)

messages: $(READY)
	@$(BIN)/python -m kranhub.wire.generate_messages

outdated: $(READY)
	@$(BIN)/python -m deploy.outdated

lock: $(READY)
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --generate-hashes --no-header --no-emit-index-url --quiet -o requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
