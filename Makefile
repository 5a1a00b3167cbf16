# Each target sets up what it needs; the second time that takes no time.
#   make demo            real data through the whole pipeline
#   make test            lint and every test, except the long forms
#   make test-long       the long forms too
#   make test-cassandra  the graph's tests, on JanusGraph over a real Cassandra
#   make test-spark      the tests with a real Spark, in an environment of its own
#   make test-dbt        the same with dbt and OpenLineage's wrapper of it
#   make test-airflow    the same with Airflow and its provider for OpenLineage
#   make lint            ruff and mypy
#   make check           lint and the tests that start nothing
#   make bench-NAME      one benchmark of tests/bench/, e.g. bench-graph-write
#   make dashboard       build the dashboard's pages
#   make lock            pin the dependencies and the jars anew
#   make clean           remove what was set up and built here

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
UV := $(BIN)/uv

.DELETE_ON_ERROR:
.PHONY: help demo test test-long test-cassandra test-spark test-dbt test-airflow record-spark record-dbt record-airflow record-queries lint check setup dashboard fetch lock clean

help:
	@sed -n 's/^#   //p' Makefile

demo: setup dashboard
	$(BIN)/headwater demo

test: lint fetch dashboard
	$(BIN)/python -m pytest -m "not long"

test-long: lint fetch dashboard
	$(BIN)/python -m pytest

test-cassandra: fetch
	HEADWATER_TEST_GRAPH=cassandra $(BIN)/python -m pytest tests/sinks/graph

test-spark test-dbt test-airflow: test-%: fetch dashboard .venv-%/ready
	$(BIN)/python -m pytest -m $*

# What each of them says, written down for the tests that run without it.
record-spark record-dbt record-airflow: record-%: setup .venv-%/ready
	$(BIN)/python -m tests.$*.record

# What a real Postgres logs; it comes with Airflow's environment.
record-queries: setup .venv-airflow/ready
	$(BIN)/python -m tests.queries.record

check: lint dashboard
	$(BIN)/python -m pytest -m "not long and not stack"

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Ten times the edges of bench-index beside as many: some minutes.
bench-index-large: setup
	$(BIN)/python -m tests.bench.index --large

bench-%: setup dashboard
	$(BIN)/python -m tests.bench.$(subst -,_,$*)

# Does nothing where nothing changed. Without npm all but the pages works, and the server says so.
dashboard: setup
	@$(BIN)/python sinks/dashboard/build.py || \
	  echo "remedy: see that npm reaches its registry, then: make dashboard" >&2

# Before the tests, so that one sees the jars arrive.
fetch: setup
	@$(BIN)/headwater fetch

setup: $(READY)

$(READY): deploy/lock/uv.txt deploy/lock/requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: $(PYTHON) is missing or older than 3.11"; \
	    echo "remedy: install Python 3.11 or newer, or name it: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; } >&2
	@echo "== Making $(VENV) (once; some minutes on a slow line)"
	@$(PYTHON) -m venv --clear $(VENV) || \
	  { echo "error: $(PYTHON) cannot make a virtual environment"; \
	    echo "remedy: install its venv module, on Debian: apt-get install python3-venv"; exit 1; } >&2
	@$(BIN)/pip install --disable-pip-version-check --quiet --require-hashes -r deploy/lock/uv.txt
	@echo "== Installing the pinned dependencies"
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --require-hashes -r deploy/lock/requirements.txt \
	  --build-constraints deploy/lock/requirements.txt
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv-%/ready: deploy/lock/%.txt | setup
	@echo "== Making .venv-$* (once; 200 to 400 MB)"
	@$(PYTHON) -m venv --clear .venv-$*
	@VIRTUAL_ENV=.venv-$* $(UV) pip install --require-hashes -r $< --build-constraints $<
	@touch $@

lock: setup
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-annotate --no-header --extra dev --output-file deploy/lock/requirements.txt \
	  pyproject.toml deploy/lock/build.in
	for extra in services local; do \
	  $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-annotate --no-header --extra $$extra --constraints deploy/lock/requirements.txt \
	    --output-file deploy/lock/$$extra.txt pyproject.toml || exit 1; \
	done
	for tool in build uv spark dbt airflow; do \
	  $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-annotate --no-header --output-file deploy/lock/$$tool.txt deploy/lock/$$tool.in || exit 1; \
	done
	$(BIN)/python -c 'from headwater.deploy.jars import write_lock; write_lock()'

clean:
	rm -rf $(VENV) .venv-* .bench .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist sinks/dashboard/static *.egg-info .src/*.egg-info
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
