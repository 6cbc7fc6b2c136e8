#!/bin/sh
# Unpacks ssh-keygen of OpenSSH 10.6 or newer and openssl 3.6 or newer, with their libraries and headers, from the packages of Debian
# forky: `programs.sh FOLDER`. They are FOLDER/ssh-keygen and FOLDER/openssl. Nothing is installed.
set -eu

rm -rf "$1/apt" "$1/root" "$1/ssh-keygen" "$1/openssl"
mkdir -p "$1/apt/lists/partial" "$1/apt/archives/partial" "$1/apt/packages" "$1/root"
cd "$1"
folder=$PWD
# shellcheck disable=SC2016 # for apt-get
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -n 1)
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror forky main" >apt/sources.list
get() {
    # The release files of a suite that is not released may have expired.
    apt-get -qq -o "Dir::Etc::SourceList=$folder/apt/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$folder/apt/lists" \
        -o "Dir::Cache=$folder/apt" -o Acquire::Check-Valid-Until=false -o APT::Sandbox::User=root "$@"
}
get update
# openssh-common has ssh-keygen since 10.4, and openssh-client had it before.
(cd apt/packages && get download openssh-common openssl libssl-dev libc6 libssl3t64 libselinux1 libpcre2-8-0 zlib1g)
for package in apt/packages/*.deb; do
    dpkg-deb --extract "$package" root
done
rm -r apt
loader=$(echo "$folder"/root/usr/lib/*/ld-linux*.so.*)
for program in ssh-keygen openssl; do
    cat >$program.new <<END
#!/bin/sh
exec '$loader' --library-path '$(dirname "$loader")' --argv0 $program '$folder/root/usr/bin/$program' "\$@"
END
    chmod +x $program.new
    mv $program.new $program
done
