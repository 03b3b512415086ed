#!/usr/bin/env bash
# Installs Debian packages where a program is missing; where that cannot be, says so and goes on.
#   deploy/debian.sh PROGRAM "What is without it." PACKAGE...
set -u
program=$1 otherwise=$2
shift 2
command -v "$program" >/dev/null && exit 0
if ! command -v apt-get >/dev/null; then
  echo "$program is missing; install it with your package manager. Until then: $otherwise"
  exit 0
fi
apt="DEBIAN_FRONTEND=noninteractive apt-get -qy -o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o DPkg::Lock::Timeout=60"
if [ "$(id -u)" = 0 ]; then run=env
elif sudo -n true 2>/dev/null; then run="sudo -n env"
else
  echo "$program is missing; install it: sudo apt-get install $*. Until then: $otherwise"
  exit 0
fi
echo "Installing $* ..."
install="$run $apt install --no-install-recommends $*"
{ $install || { $run $apt update && $install; }; } >/dev/null 2>&1 ||
  echo "$program could not be installed (apt-get install $*). Until then: $otherwise"
