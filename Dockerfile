# One image for web, worker and beat; docker-compose.yml says which it becomes.
FROM python:3.11-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
RUN useradd --system --uid 10001 --home-dir /app desk
WORKDIR /app

# The lock alone decides this layer: it is rebuilt when packages change, not code.
COPY requirements/uv.txt requirements/run.txt requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/uv.txt \
    && uv pip install --system --no-cache --compile-bytecode --require-hashes \
        -r requirements/run.txt

COPY . .
ENV RUN_DIR=/app/run FILES_DIR=/data/files MAIL_DIR=/data/mail
RUN python manage.py collectstatic --noinput --verbosity=0 \
    && mkdir -p /data/files /data/mail \
    && chown -R desk:desk /app/run /data

USER desk
EXPOSE 8000
CMD ["python", "-m", "config.processes", "web"]
