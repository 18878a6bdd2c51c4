# The two commands are `make demo` and `make test`. The environment is made on the first run.
.PHONY: demo test e2e chaos lint types check format lock clean

demo: env
	.venv/bin/motcua demo

test: env
	.venv/bin/pytest

# A run of its own: the browser's driver keeps an event loop in the main thread.
e2e: env
	.venv/bin/pytest tests/e2e

# kill -9 of web, workers, Redis and PostgreSQL at random moments; KILLS says how often.
KILLS ?= 200
chaos: env
	MOTCUA_KILLS=$(KILLS) .venv/bin/pytest -s tests/chaos

lint: env
	.venv/bin/ruff check
	.venv/bin/ruff format --check

types: env
	.venv/bin/mypy

check: lint types test e2e

format: env
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

lock:
	sh scripts/lock.sh

clean:
	rm -rf .venv .boot .mypy_cache .ruff_cache .pytest_cache .hypothesis

.PHONY: env
env:
	@sh scripts/bootstrap.sh
