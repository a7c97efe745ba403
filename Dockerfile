# GPU-capable image: docker build -t dls . && docker run --gpus all -p 8501:8501 -v dls-study:/study dls
FROM python:3.11-slim-bookworm

RUN apt-get update && apt-get install -y --no-install-recommends make && rm -rf /var/lib/apt/lists/*
WORKDIR /dls

# The packages first: they change less often than the code.
COPY Makefile requirements.txt ./
RUN make install
# CUDA libraries for the same TensorFlow; without a GPU in the container it runs on the CPU.
RUN .venv/bin/uv pip install --python .venv/bin/python -c requirements.txt "tensorflow[and-cuda]"

COPY pyproject.toml app.py router.py ./
COPY .streamlit .streamlit
COPY pages pages
COPY dls dls
COPY data data

ENV DLS_HOME=/study
VOLUME /study
EXPOSE 8501
CMD ["make", "run", "ADDRESS=0.0.0.0"]
