# Needs only make and Python 3.11 or newer; everything else goes into .venv.

PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3 python; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; \
	done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install
# Tests of whole programs wait a third of their time: three at once keep two cores busy.
WORKERS ?= 3

.PHONY: run test quick thorough clients lint types pytest chaos oracle mutation bench growth clean

run: .venv/run.stamp          ## start the dashboard and the sync service, print the address
	@exec $(BIN)/python run.py

test: lint                    ## everything that must pass
	@$(MAKE) --no-print-directory -j 2 types pytest

quick: override ARGS += -m "not browser and not chaos"
quick: pytest                 ## the tests without browser, kills and storms, in a few minutes

thorough: export HYPOTHESIS_PROFILE = thorough
thorough: .venv/dev.stamp     ## property tests of the ledger and the paper broker, thousands of examples
	$(BIN)/python -m pytest tests/domain/test_ledger_properties.py tests/simulator/test_balance.py \
		tests/simulator/test_bad_requests.py tests/simulator/test_history.py $(ARGS)

clients: .venv/dev.stamp      ## install Alpaca's other libraries, drive the paper broker with them
	tests/simulator/clients/install.sh $(BIN)/python
	$(BIN)/python -m pytest tests/simulator/test_clients.py $(ARGS)

lint: .venv/dev.stamp
	$(BIN)/ruff check .

types: .venv/dev.stamp
	$(BIN)/mypy

pytest: .venv/dev.stamp
	@CHROMIUM="$$(.ci/find-chromium)" && export CHROMIUM && \
	unset PYTHONDONTWRITEBYTECODE && exec $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

chaos: .venv/dev.stamp        ## ten minutes of kills and faults, then compare (CHAOS_SECONDS, CHAOS_SEED)
	@CHAOS_SECONDS="$${CHAOS_SECONDS:-600}" CHAOS_SEED="$${CHAOS_SEED:-$$(date +%s)}" exec $(BIN)/python -m pytest --log-cli-level=INFO tests/chaos

oracle: .venv/dev.stamp       ## random traders at the paper broker for hours (ORACLE_EXAMPLES, and 20 times the ledger alone)
	@ORACLE_PROFILE="$${ORACLE_PROFILE:-thorough}" exec $(BIN)/python -m pytest tests/oracle

mutation: .venv/dev.stamp     ## mutate tradesync/domain, run its tests on each mutant (hours; ARGS)
	@$(PIP) mutmut==3.8.1
	@$(BIN)/mutmut run $(ARGS)
	@$(BIN)/mutmut results | sed "/: not checked$$/d"

bench: .venv/dev.stamp .venv/bench.stamp ## every budget measured against rivals: a table, JSON
	@CHROMIUM="$$(.ci/find-chromium)" && export CHROMIUM && \
	export LUMIBOT_PYTHON="$$(test -e .venv/lumibot/installed && echo $(CURDIR)/.venv/lumibot/bin/python)"; \
	$(BIN)/python -m benchmarks $(ARGS)

growth: .venv/bench.stamp     ## draw docs/growth from the last `make bench`
	@.venv/plots/bin/python benchmarks/plots.py benchmarks/results.json docs/growth

# Rivals and plots have environments of their own; a rival that cannot be installed is left out.
.venv/bench.stamp: requirements-bench.txt benchmarks/rivals/requirements.txt | .venv/bin/python
	@echo "Installing what the benchmarks need (once, some minutes)"
	@$(BIN)/python -m venv .venv/plots
	@.venv/plots/bin/pip --disable-pip-version-check --quiet install -r requirements-bench.txt \
		|| echo "matplotlib cannot be installed here; make growth will draw nothing."
	@$(BIN)/python -m venv .venv/lumibot
	@.venv/lumibot/bin/pip --disable-pip-version-check --quiet install \
		-r benchmarks/rivals/requirements.txt && touch .venv/lumibot/installed \
		|| echo "lumibot cannot be installed here; it is left out."
	@touch $@

clean:                        ## forget the virtual environment and what tools left behind
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis test-artifacts mutants

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/it." >&2; exit 1; }
	@echo "Creating .venv with $(PYTHON)"
	@$(PYTHON) -m venv .venv

.venv/run.stamp: requirements.txt | .venv/bin/python
	@echo "Installing what the programs need (once, a minute or two)"
	@$(PIP) -r requirements.txt
	@touch $@

.venv/dev.stamp: requirements.txt requirements-dev.txt | .venv/bin/python
	@echo "Installing what the tests need (once)"
	@$(PIP) -r requirements-dev.txt
	@touch $@ .venv/run.stamp
