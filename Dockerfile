# Prompt Improver with calls to models, as a user without rights; the history is in /data.
FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements-lock.txt ./
# DSPy requires LiteLLM, but this program calls models through DSPy's own lm15 and never imports it:
# LiteLLM and what it alone brings in are three quarters of the packages' size.
RUN python -m venv /opt/prompt-improver \
 && /opt/prompt-improver/bin/pip install --no-cache-dir --require-hashes -r requirements-lock.txt \
 && /opt/prompt-improver/bin/pip uninstall -q -y litellm aiohappyeyeballs aiohttp aiosignal boto3 botocore \
    fastuuid filelock frozenlist fsspec h2 hf-xet hpack huggingface-hub hyperframe importlib-metadata jinja2 \
    jmespath markupsafe multidict packaging propcache python-dateutil s3transfer six tiktoken tokenizers yarl zipp
COPY pyproject.toml README.md LICENSE ./
COPY prompt_improver prompt_improver
COPY db db
COPY sql sql
RUN /opt/prompt-improver/bin/pip install --no-cache-dir --no-deps . && /opt/prompt-improver/bin/pip uninstall -q -y pip

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin prompt-improver && install -d -o prompt-improver -g prompt-improver -m 0700 /data
COPY --from=build /opt/prompt-improver /opt/prompt-improver
ENV PATH=/opt/prompt-improver/bin:$PATH PYTHONDONTWRITEBYTECODE=1 \
    API_HOST=0.0.0.0 SQLITE_DB_PATH=/data/prompt_history.db BACKUP_DIR=/data/backups LOG_FORMAT=json
USER prompt-improver
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import os, httpx; httpx.get('http://127.0.0.1:%s/health' % (os.environ.get('API_PORT') or 8000), timeout=4).raise_for_status()"]
CMD ["prompt-improver", "serve"]
