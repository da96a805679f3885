FROM python:3.11.13-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/observatory
COPY deploy/requirements.txt ./
RUN /opt/observatory/bin/pip install --no-cache-dir --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY observatory ./observatory
RUN /opt/observatory/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11.13-slim-bookworm AS observatory
COPY --from=build /opt/observatory /opt/observatory
ENV PATH=/opt/observatory/bin:$PATH PYTHONUNBUFFERED=1
# The folder that holds catalog/, and var/ for the default SQLite database.
WORKDIR /srv
RUN useradd --system --uid 10001 --home-dir /srv observatory && install -d -o observatory /srv/var
USER observatory
EXPOSE 8600
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8600/healthz', timeout=4)"]
ENTRYPOINT ["observatory"]
CMD ["run"]

# Writes the demo's past through a Prometheus of its own, into the volume that the real one takes over.
FROM observatory AS history
USER root
RUN apt-get update \
  && apt-get install --yes --no-install-recommends prometheus \
  && rm -rf /var/lib/apt/lists/* \
  && install -d -o nobody -g nogroup /prometheus
# The user of the prom/prometheus image.
USER nobody
