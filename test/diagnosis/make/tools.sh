#!/bin/sh
# The tools of the corpus that a machine with Node, Python, Rust, Go, Java, gcc, cmake and git lacks, in a folder of
# their own ($CORPUS_TOOLS): nothing is installed system-wide. buildah and docker-registry come from Debian's packages.
set -eu
tools=${CORPUS_TOOLS:-${TMPDIR:-/tmp}/corpus-tools}
mkdir -p "$tools/erl/deb" "$tools/containers" && cd "$tools"
npm install --silent --prefix js pnpm@10 yarn@1 typescript@5 eslint@9 vitest@3 mocha@11 jest@30 webpack@5 webpack-cli esbuild
python3 -m venv py && py/bin/pip -q install pytest uv poetry ruff mypy
(cd erl/deb && apt-get download rebar3 $(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts \
  --no-breaks --no-replaces --no-enhances rebar3 | grep -E '^(erlang|libsctp)' | sort -u))
for package in erl/deb/*.deb; do dpkg -x "$package" erl; done
# An SSH server that a user can start on any port.
mkdir -p ssh && (cd ssh && apt-get download dropbear-bin libtomcrypt1 libtommath1 && for package in *.deb; do dpkg -x "$package" .; done)
# Debian's script knows one place only.
sed -i "s#ROOTDIR=/usr/lib/erlang\$#ROOTDIR=$tools/erl/usr/lib/erlang#" erl/usr/lib/erlang/bin/erl

# A base image with a shell, so that no image has to be pulled.
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' \
  "$tools/containers/graph" "$tools/containers/run" > containers/storage.conf
mkdir -p containers/base && cp "$(command -v busybox)" containers/base/busybox
cat > containers/base/Dockerfile <<'DOCKERFILE'
FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "sh", "-c", "mkdir -p /usr/bin /tmp /etc && /bin/busybox --install /bin && ln -s usr/lib /lib && ln -s usr/lib64 /lib64"]
ENV PATH=/usr/local/bin:/usr/bin:/bin
DOCKERFILE
CONTAINERS_STORAGE_CONF=$tools/containers/storage.conf buildah bud --isolation chroot -q -t localhost/base containers/base

# For the cases of Docker, where an engine answers at $CORPUS_DOCKER_HOST.
if [ -n "${CORPUS_DOCKER_HOST:-}" ]; then
  CONTAINERS_STORAGE_CONF=$tools/containers/storage.conf buildah push -q localhost/base docker-archive:containers/base.tar:corpus-base:latest
  DOCKER_HOST=$CORPUS_DOCKER_HOST docker load -q -i containers/base.tar
fi
