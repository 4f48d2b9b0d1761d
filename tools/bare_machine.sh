#!/bin/bash
# Proves a first start on an empty Debian 12: a root file system with python3 and nothing else, a
# copy of HEAD, ./run until a page is served, a stop, and ./run again; as root and as a user.
#
#   tools/bare_machine.sh FOLDER [root|user ...] [-- COMMAND]    needs root and debootstrap
#
# With COMMAND, e.g. `-- ./test`, that is run in the clone afterwards. The caller's certificates,
# proxy and pip index are lent to the machine. FOLDER/base is kept for the next time.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
folder=$1
shift
who=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do who+=("$1"); shift; done
[ "${1:-}" = -- ] && shift
[ "${#who[@]}" -gt 0 ] || who=(root user)
machine=$folder/machine
mkdir -p "$folder"

leave() {
  for mount in proc dev; do
    mountpoint -q "$machine/$mount" && umount -l "$machine/$mount"
  done
  return 0
}
trap leave EXIT

[ -x "$folder/base/usr/bin/python3" ] ||
  debootstrap --variant=minbase --include=python3 bookworm "$folder/base" >"$folder/base.log"

# Run words in the machine as $account, in the clone, with the lent settings and no standard input.
inside() {
  local lent=()
  for name in PIP_CERT PIP_INDEX_URL SSL_CERT_FILE http_proxy https_proxy no_proxy; do
    [ -z "${!name:-}" ] || lent+=("$name=${!name}")
  done
  # As a job of its own this shell makes way for the machine's process, so that signals reach it.
  ${make_way:-} chroot --userspec="$account:$account" "$machine" /usr/bin/env -i \
    HOME="$home" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin CI=true \
    "${lent[@]}" PORT="$port" /bin/sh -c 'cd "$HOME/yinuo" && exec "$@"' sh "$@" </dev/null
}

# Start ./run, print the seconds until /healthz answers, stop it, and insist on a clean end.
timed_start() {
  local begun now log=$folder/run-$account-$1.log
  begun=$(date +%s%N)
  make_way=exec inside ./run >"$log" 2>&1 &
  local job=$!
  until inside python3 -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$port/healthz')" \
    2>/dev/null; do
    if ! kill -0 "$job" 2>/dev/null; then
      echo "$1 start as $account: ./run ended by itself:" >&2
      tail -20 "$log" >&2
      exit 1
    fi
    sleep 0.3
  done
  now=$(date +%s%N)
  echo "$1 start as $account: $(((now - begun) / 1000000)) ms to the first page"
  # The welcome comes after the first page; a stop before it is tested elsewhere.
  until grep -q "http://127.0.0.1:$port" "$log"; do sleep 0.2; done
  kill -TERM "$job"
  wait "$job" || { echo "./run did not stop in order" >&2; tail -20 "$log" >&2; exit 1; }
}

for account in "${who[@]}"; do
  leave
  rm -rf --one-file-system "$machine"
  cp -a "$folder/base" "$machine"
  mount -t proc proc "$machine/proc"
  mount --rbind /dev "$machine/dev"
  mount --make-rslave "$machine/dev"
  cp -L /etc/resolv.conf "$machine/etc/resolv.conf"
  cp /etc/hosts "$machine/etc/hosts"
  for name in PIP_CERT SSL_CERT_FILE; do
    [ -z "${!name:-}" ] || install -D -m 644 "${!name}" "$machine${!name}"
  done
  port=$(python3 -c 'import socket as s; p = s.socket(); p.bind(("", 0)); print(p.getsockname()[1])')
  home=/root
  if [ "$account" != root ]; then
    home=/home/$account
    chroot "$machine" useradd --create-home "$account"
  fi
  mkdir "$machine$home/yinuo"
  git -C "$here" archive HEAD | tar -x -C "$machine$home/yinuo"
  chroot "$machine" chown -R "$account:$account" "$home/yinuo"
  timed_start first
  timed_start second
  [ $# -eq 0 ] || inside "$@"
done
