# Thin on purpose: every verb is one call of tools/launcher.py, which needs nothing but Python 3.11.
PYTHON ?= python3
LAUNCH = @command -v $(PYTHON) >/dev/null 2>&1 || { \
	echo "✗ 没有找到 $(PYTHON)，请先安装 Python 3.11 或更新版本（例如 sudo apt install python3 python3-venv）。"; \
	echo "  $(PYTHON) was not found; install Python 3.11 or newer first (for example sudo apt install python3 python3-venv)."; \
	exit 2; }; exec $(PYTHON) -m tools.launcher
MAKEFLAGS += --no-print-directory
export T

.PHONY: help run test check bench client screenshots clean-demo generate format
.DEFAULT_GOAL := help

help:         ## this list
	@grep -E '^[a-z-]+: +##' $(MAKEFILE_LIST) | sed -E 's/: +## +/\t/' | expand -t 15

run:          ## set up what is missing, then the whole demo in this terminal; Ctrl-C stops it
	$(LAUNCH) run

test:         ## every test, with the set-up they need; make test T=tests/engine for a part
	$(LAUNCH) test

check:        ## what CI runs: format, lint, types, contracts, generated files, migrations, web, tests
	$(LAUNCH) check

generate:     ## write the generated files again: OpenAPI, TypeScript types, problem and access tables
	$(LAUNCH) generate

format:       ## put every Python file into the one format
	$(LAUNCH) format

bench:        ## measure, and write docs/benchmarks.md
	$(LAUNCH) bench

client:       ## build the security client as one archive, offered by the demo
	$(LAUNCH) client

screenshots:  ## run the scenes in a browser and take the pictures of the manual
	$(LAUNCH) screenshots

clean-demo:   ## stop the demo and remove its data folder (YUNQIAN_HOME)
	$(LAUNCH) clean-demo
