#!/usr/bin/env bash
# shellcheck disable=SC2317 # functions that are called by way of try()
# Do the README's two commands work on a machine that has nothing but what the README asks for?
#
#   tests/bare_machines/run.sh [bookworm trixie noble ...] [--presets "mnist-quick test"] [--mnist-dir FOLDER]
#                              [--work FOLDER]
#
# For each release of Debian or Ubuntu (those three unless others are named) debootstrap makes a minimal system with
# git, g++, CMake and Ninja, and a user without rights clones this repository's HEAD into an empty home and runs
# `cmake --workflow --preset <preset>` there for each preset. One line for each says OK or failed, and the seconds; the
# status is 0 if nothing failed and something was run. An archive that cannot be reached is skipped, and said so.
#
#   --mnist-dir FOLDER  has the MNIST files, for a machine that reaches no mirror of them (MNIST_DIR in the system)
#   --work FOLDER       keeps systems and logs, build/bare by default: about 1 GB per release; made anew if removed
#
# Needs root, debootstrap and git, and the archive's keyring (debian-archive-keyring, ubuntu-keyring). The mirrors are
# those that this machine's apt uses, else the one that BARE_MIRROR names. What apt needs to reach them (proxies, certificates) goes
# along into the systems; nothing else does.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)

die() { echo "run.sh: $*" >&2; exit 2; }

usage() { sed -n '/^# Do/,/^set/{s/^# \{0,1\}//p}' "$0"; }

export PATH="$PATH:/usr/sbin:/sbin"
umask 022                                        # what root makes here the systems' users must be able to read
((EUID == 0)) || { [[ ${1-} == --help ]] && usage && exit; die "debootstrap needs root"; }
for tool in debootstrap git unshare wget; do
  command -v "$tool" >/dev/null || die "there is no $tool"
done

# What is mounted below is mounted for this script alone, and gone when it ends, however it ends.
if [[ -z ${HARMONIUM_OWN_MOUNTS-} ]]; then
  HARMONIUM_OWN_MOUNTS=yes exec unshare --mount --propagation private bash "$0" "$@"
fi

suites=()
presets="mnist-quick test"
mnist=""
work="$source/build/bare"
while (($#)); do
  case $1 in
    --help) usage; exit ;;
    --presets | --mnist-dir | --work)
      [[ -n ${2-} ]] || die "$1 needs a value"
      case $1 in
        --presets) presets=$2 ;;
        --mnist-dir) mnist=$2 ;;
        *) work=$2 ;;
      esac
      shift ;;
    -*) die "unknown option $1" ;;
    *) suites+=("$1") ;;
  esac
  shift
done
((${#suites[@]})) || suites=(bookworm trixie noble)
read -ra presets <<<"$presets"
[[ -z $mnist || -d $mnist ]] || die "$mnist is no folder"
mkdir -p "$work"
work=$(cd "$work" && pwd)
exec {lock}>"$work/lock"
flock -n "$lock" || die "another run uses $work"

# apt's proxy is for wget too, with which debootstrap loads.
for scheme in http https; do
  proxy=""
  eval "$(apt-config shell proxy "Acquire::$scheme::Proxy")"
  [[ -z $proxy || $proxy == DIRECT ]] || export "${scheme}_proxy=$proxy"
done
passed=()                                        # of the environment; all else stays outside
for name in http_proxy https_proxy no_proxy; do
  [[ -z ${!name-} ]] || passed+=("$name=${!name}")
done

# family <suite>: sets origin, components, keyring and the oldest script that will do.
family() {
  case $1 in
    bullseye | bookworm | trixie | forky | sid | stable | testing | unstable)
      origin=Debian components=main keyring=debian-archive-keyring script=sid ;;
    *)
      origin=Ubuntu components=main,universe keyring=ubuntu-archive-keyring script=gutsy ;;
  esac
  keyring=/usr/share/keyrings/$keyring.gpg
  [[ -e /usr/share/debootstrap/scripts/$1 ]] || return 0
  script=$1
}

# find_mirror <suite>: sets mirror to the first that answers; this machine's own come first.
find_mirror() {
  local own
  # shellcheck disable=SC2016                    # apt's variables, not the shell's
  own=$(apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' |
        sed -n "s/^$origin|$origin|//p" | sort -u) || own=""
  for mirror in $own ${BARE_MIRROR-}; do
    if wget -q --spider --timeout=20 --tries=2 "${mirror%/}/dists/$1/InRelease"; then return 0; fi
  done
  return 1
}

# inside <root> <user> <command...>
inside() {
  local root=$1 user=$2 home
  shift 2
  home=$(sed -n "s/^$user:\([^:]*:\)\{4\}\([^:]*\):.*/\2/p" "$root/etc/passwd")
  # shellcheck disable=SC2016                    # expanded in there
  chroot --userspec="$user:$user" --groups="$user" "$root" /usr/bin/env -i "HOME=$home" "USER=$user" "LOGNAME=$user" \
    SHELL=/bin/bash PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    ${passed[@]+"${passed[@]}"} /bin/bash -c 'cd && exec "$@"' bash "$@" </dev/null
}

# Called with || like all functions below, where bash ignores errexit: hence the && throughout.
bootstrap() {                                    # bootstrap <suite> <root>
  rm -rf --one-file-system "$2" &&
    debootstrap --variant=minbase --include=ca-certificates --components="$components" --keyring="$keyring" \
      "$1" "$2" "$mirror" "/usr/share/debootstrap/scripts/$script"
}

connect() {                                      # connect <root>
  local folder
  for folder in dev proc sys; do
    mount --rbind "/$folder" "$1/$folder" || return
  done
  cp -L /etc/resolv.conf /etc/hosts "$1/etc/"
}

equip() {                                        # equip <root>
  local own=/usr/local/share/ca-certificates apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q)
  { apt-config dump | grep -E '^Acquire::(https?::Proxy(::| )|Check-)' || true; } >"$1/etc/apt/apt.conf.d/90outside" &&
    { ! compgen -G "$own/*.crt" >/dev/null || cp "$own"/*.crt "$1$own/"; } &&
    inside "$1" root update-ca-certificates &&
    inside "$1" root "${apt[@]}" update &&
    inside "$1" root "${apt[@]}" install -y --no-install-recommends git g++ cmake ninja-build ca-certificates &&
    inside "$1" root apt-get clean &&
    inside "$1" root useradd --shell /bin/bash tester
}

newcomer() {                                     # newcomer <root>: an empty home with a clone
  local root=$1
  inside "$root" root rm -rf /home/tester /srv/mnist &&
    inside "$root" root install -d -o tester -g tester /home/tester &&
    git -C "$source" -c safe.directory='*' bundle create -q "$root/srv/harmonium.bundle" HEAD &&
    chmod 644 "$root/srv/harmonium.bundle" &&
    inside "$root" tester git clone /srv/harmonium.bundle harmonium || return
  if [[ -n $mnist ]]; then
    install -D -m 644 -t "$root/srv/mnist" "$mnist"/*ubyte*
  fi
}

workflow() {                                     # workflow <root> <preset>
  # shellcheck disable=SC2016                    # expanded in there
  inside "$1" tester bash -c 'cd harmonium && { [[ ! -d /srv/mnist ]] || export MNIST_DIR=/srv/mnist; } &&
    exec cmake --workflow --preset "$1"' bash "$2"
}

ran=0 failures=0
say() { printf '%-10s %-16s %s\n' "$@"; }        # say <suite> <what> <verdict>

# try <suite> <what> <log> <command...>: says how it went, and if badly, the end of the log
try() {
  local suite=$1 what=$2 log=$3 start=$SECONDS
  shift 3
  if "$@" >"$log" 2>&1; then
    say "$suite" "$what" "OK      $((SECONDS - start)) s"
  else
    say "$suite" "$what" "failed  $((SECONDS - start)) s, see $log"
    tail -n 20 "$log" | sed 's/^/    /'
    failures=$((failures + 1))
    return 1
  fi
}

main() {
  for suite in "${suites[@]}"; do
    folder="$work/$suite"
    root="$folder/root"
    mkdir -p "$folder"
    if [[ ! -e $folder/ready ]]; then
      family "$suite"
      find_mirror "$suite" || { say "$suite" system "skipped: archive not reachable"; continue; }
      [[ -e $keyring ]] || { say "$suite" system "skipped: no $keyring to check the archive by"; continue; }
      try "$suite" debootstrap "$folder/debootstrap.log" bootstrap "$suite" "$root" || continue
    fi
    try "$suite" mounts "$folder/mounts.log" connect "$root" || continue
    if [[ ! -e $folder/ready ]]; then
      try "$suite" tools "$folder/tools.log" equip "$root" || continue
      touch "$folder/ready"
    fi
    try "$suite" clone "$folder/clone.log" newcomer "$root" || continue
    for preset in "${presets[@]}"; do
      ran=$((ran + 1))
      try "$suite" "$preset" "$folder/$preset.log" workflow "$root" "$preset" || true
    done
  done
  ((ran)) || echo "nothing was run"
  ((ran && !failures))
}
main; exit                                       # on one line: who edits this file does not disturb a run
