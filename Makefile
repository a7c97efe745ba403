# make run : set up and open the demo study      make test : check everything
PYTHON ?= python3
PORT ?= 8501
ADDRESS ?= localhost
UV := uv==0.13.9
BIN := .venv/bin

# Python keeps what it compiles: else every process compiles TensorFlow and Streamlit again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test install demo lock

run: demo
	$(BIN)/python -m dls run --port $(PORT) --address $(ADDRESS)

demo: install
	$(BIN)/python -m dls demo

install: .venv/runtime

test: .venv/development
	@command -v chromium >/dev/null || { echo "The browser tests need Chromium: apt-get install chromium"; exit 1; }
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 3 --dist loadscope --no-loadscope-reorder

lock:  ## after a change of the dependencies in pyproject.toml
	$(BIN)/uv pip compile -q --universal --python-version 3.11 pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 pyproject.toml --extra ray --group dev -o requirements-dev.txt

.venv/uv:
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q $(UV)
	@touch $@

.venv/runtime: .venv/uv requirements.txt
	@echo "Installing the pinned packages (about 1 GB to download the first time) ..."
	$(BIN)/uv pip install --python $(BIN)/python -r requirements.txt
	@touch $@

.venv/development: .venv/runtime requirements-dev.txt
	$(BIN)/uv pip install --python $(BIN)/python -r requirements-dev.txt
	@touch $@
