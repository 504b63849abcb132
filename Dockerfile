# One image for all services: runs `manage.py serve` by default, or another command such as `manage.py migrate`.

FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/tallyroom
COPY requirements.txt constraints.txt ./
RUN /opt/tallyroom/bin/pip install -r requirements.txt -c constraints.txt

FROM python:3.11-slim
ENV PATH=/opt/tallyroom/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    LOG_FORMAT=json \
    VAR_DIR=/var/lib/tallyroom
RUN useradd --system --home-dir /var/lib/tallyroom --create-home tallyroom
COPY --from=build /opt/tallyroom /opt/tallyroom
WORKDIR /srv/tallyroom
COPY . .
# Uses the development settings, so that collecting static files needs no secrets, database or Redis.
RUN VAR_DIR=/tmp/build python manage.py collectstatic --noinput --verbosity 0 \
    && rm -r /tmp/build
USER tallyroom
ENV ENVIRONMENT=production
EXPOSE 8000
# On SIGTERM, the server drains connections and finishes running requests (DRAIN_SECONDS, SHUTDOWN_SECONDS).
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD \
    ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ.get('PORT', '8000')}/health/live\", timeout=2)"]
CMD ["python", "manage.py", "serve"]
