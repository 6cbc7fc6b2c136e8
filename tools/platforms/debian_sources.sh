#!/bin/sh
# Unpacks sources of Debian 13: `debian_sources.sh FOLDER PACKAGE...`, each in a folder of the same name.
set -eu

rm -rf "$1"
mkdir -p "$1/apt/lists/partial" "$1/apt/archives/partial"
cd "$1"
shift
# shellcheck disable=SC2016 # for apt-get
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -n 1)
echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >apt/sources.list
get() {
    apt-get -qq -o "Dir::Etc::SourceList=$PWD/apt/sources.list" -o Dir::Etc::SourceParts=- \
        -o "Dir::State::Lists=$PWD/apt/lists" -o "Dir::Cache=$PWD/apt" "$@"
}
get update
get source --tar-only "$@"
for package; do
    mkdir "$package"
    tar -xf "$package"_*.orig.tar.?z -C "$package" --strip-components=1
done
