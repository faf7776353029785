# shellcheck shell=bash
# The Debian packages (12 and 13) that Syncline needs, and how to get them. Sourced by ci/serve, ci/test,
# ci/bench and ci/cluster.

# Everything the server is built from.
packages_to_serve=(
  g++ cmake ninja-build ca-certificates
  libsqlite3-dev libspdlog-dev libcli11-dev libtomlplusplus-dev prometheus-cpp-dev
  libssl-dev zlib1g-dev libxxhash-dev libhiredis-dev libpqxx-dev libpq-dev
)

# The programs of a cluster beside the server itself.
packages_to_cluster=(redis-server postgresql haproxy)

# What the tests need beyond that.
packages_to_test=(
  git python3 ccache clang clang-format shellcheck libgtest-dev libgmock-dev librapidcheck-dev
  libbenchmark-dev chromium procps nginx-light varnish openssl
)

# What the benchmarks need beyond the server: the tests are configured with them.
packages_to_bench=(libgtest-dev libgmock-dev librapidcheck-dev libbenchmark-dev)

is_installed() {
  dpkg-query --show --showformat='${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

is_available() {
  apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: *//p' | grep -qvx '(none)'
}

# Prints the Boost packages. Boost 1.81 or later is needed, for Boost.URL. Debian 13's default has
# it (1.83); Debian 12's default is 1.74, with 1.81 beside it under versioned names.
boost_packages() {
  local version
  for version in '' 1.88 1.83 1.81; do
    if is_installed "libboost-url$version-dev" && is_installed "libboost-json$version-dev"; then
      echo "libboost$version-dev libboost-json$version-dev libboost-url$version-dev"
      return
    fi
  done
  for version in '' 1.83 1.88 1.81; do
    if is_available "libboost-url$version-dev" && is_available "libboost-json$version-dev"; then
      echo "libboost$version-dev libboost-json$version-dev libboost-url$version-dev"
      return
    fi
  done
  # Debian 12's names, so that the message about what is missing names something.
  echo "libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev"
}

# Prints the package with the sanitizer and fuzzer runtimes of Debian's default clang.
clang_runtime_package() {
  local version
  version=$(apt-cache depends clang 2>/dev/null | sed -n 's/^ *Depends: clang-\([0-9]*\)$/\1/p')
  [ -z "$version" ] || echo "libclang-rt-$version-dev"
}

# Prints those of the packages that are not installed.
missing_of() {
  local package
  for package in "$@"; do
    is_installed "$package" || echo "$package"
  done
}

# Node and npm may have come from somewhere else than Debian: what counts is that they run.
missing_node() {
  command -v node >/dev/null || echo nodejs
  command -v npm >/dev/null || echo npm
}

missing_to_serve() {
  # shellcheck disable=SC2046 # one word a package
  missing_of "${packages_to_serve[@]}" $(boost_packages)
  missing_node
}

missing_to_cluster() {
  missing_of "${packages_to_cluster[@]}"
  missing_node
}

missing_to_test() {
  missing_to_serve
  # shellcheck disable=SC2046 # one word, or none
  missing_of "${packages_to_cluster[@]}" "${packages_to_test[@]}" $(clang_runtime_package)
}

missing_to_bench() {
  missing_to_serve
  missing_of "${packages_to_bench[@]}"
}

# Installs what the given function names; explains what to do if that cannot be done here.
ensure_packages() {
  local missing=() as_root=()
  if ! command -v dpkg-query >/dev/null; then
    echo "This is not a Debian system, so nothing is installed automatically. Needed are, by Debian's" >&2
    echo "names: ${packages_to_serve[*]} nodejs npm, and Boost >= 1.81 with JSON and URL." >&2
    return 0
  fi
  mapfile -t missing < <("$1")
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "Missing packages: ${missing[*]}" >&2
      echo "Install them as root:  apt-get install ${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  echo "Looking for packages: ${missing[*]}"
  "${as_root[@]}" apt-get update --quiet=2 || true
  # Again: which Boost or clang there is can only be seen now.
  mapfile -t missing < <("$1")
  if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install --yes --quiet=2 --no-install-recommends "${missing[@]}"; then
    echo "Could not install: ${missing[*]}" >&2
    return 1
  fi
}
