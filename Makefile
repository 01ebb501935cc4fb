# `make help` lists the commands.
.DEFAULT_GOAL := help
PY := .venv/bin/python
ARGS ?=

.PHONY: help run test check bench drills gen

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## start Lectern with embedded stores and a demo school
	@config/bootstrap.sh run
	@LECTERN_DEMO="$${LECTERN_DEMO:-1}" exec $(PY) -m server all --with-parent

test: ## run every test, with real stores and real browsers (ARGS= goes to pytest)
	@config/bootstrap.sh test
	@config/test.sh $(ARGS)

check: ## format, lint, types, import contracts, generated files, unit tests
	@config/bootstrap.sh test
	@config/check.sh

bench: ## run the side-by-side benchmarks; writes loadtests/results/
	@config/bootstrap.sh test
	@for scenario in loadtests/scenarios/[a-z]*.py; do echo "== $$scenario"; $(PY) -m "$$(echo "$${scenario%.py}" | tr / .)" || exit 1; done

drills: ## break things on purpose while classes and exams go on
	@config/bootstrap.sh test
	@$(PY) -m pytest tests/store -m drill -v $(ARGS)
	@$(PY) -m loadtests.drills
	@$(PY) -m loadtests.drills.factory

gen: ## write every generated file
	@config/bootstrap.sh run
	@$(PY) -m server generate
