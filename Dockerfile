# GPU-capable image. With TLS in front of it: docker compose up -d --build   (docs/administrators.md)
FROM python:3.11-slim-bookworm

RUN apt-get update && apt-get install -y --no-install-recommends make && rm -rf /var/lib/apt/lists/*
WORKDIR /dls

# The packages first: they change less often than the code.  They are compiled here, for the user who runs
# them may not write to them, and every start would compile them again.
COPY Makefile requirements.txt ./
RUN UV_COMPILE_BYTECODE=1 make install
# CUDA libraries for the same TensorFlow; without a GPU in the container it runs on the CPU.
RUN .venv/bin/uv pip install --compile-bytecode --python .venv/bin/python -c requirements.txt "tensorflow[and-cuda]"

COPY pyproject.toml app.py router.py ./
COPY .streamlit .streamlit
COPY pages pages
COPY dls dls
COPY data data
COPY docs docs

ENV DLS_HOME=/study PATH=/dls/.venv/bin:$PATH
RUN useradd --create-home --uid 1000 dls && mkdir /study /backup && chown dls /study /backup
USER dls
VOLUME /study
EXPOSE 8501
HEALTHCHECK --start-period=60s --interval=30s --timeout=10s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://localhost:8501/healthz', timeout=5)"]
CMD ["python", "-m", "dls", "run", "--address", "0.0.0.0"]
