#!/bin/bash
# Makes a certificate authority of your own and a certificate for each server it is to vouch for:
#
#   deploy/tls/certificates.sh DIRECTORY NAME[=ALTERNATIVES]...
#   deploy/tls/certificates.sh /etc/muster/tls rabbitmq postgres=DNS:db.internal,IP:10.0.0.5
#
# A server's certificate is good for the names clients call it by: NAME, or the ALTERNATIVES.
# Run it again at any time: what is there stays, and a server's certificate that ends within thirty
# days is made anew, under the same authority, so that no client has to be told.
set -euo pipefail
umask 077

directory=${1:?say where to put them}
shift
mkdir -p "$directory"
cd "$directory"

DAYS=365
AUTHORITY_DAYS=3650
SOON=$((30 * 24 * 3600))

new_key() {
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null
}

if [[ ! -e ca.pem ]]; then
    new_key ca.key
    openssl req -x509 -new -key ca.key -out ca.pem -days $AUTHORITY_DAYS \
        -subj "/CN=Muster's own certificate authority" \
        -addext "basicConstraints=critical,CA:true,pathlen:0" \
        -addext "keyUsage=critical,keyCertSign,cRLSign"
fi

for server in "$@"; do
    name=${server%%=*}
    alternatives=${server#"$name"}
    alternatives=${alternatives#=}
    if [[ -e $name.pem ]] && openssl x509 -in "$name.pem" -noout -checkend $SOON >/dev/null; then
        continue
    fi
    rm -f "$name.pem" "$name.key"
    new_key "$name.key"
    openssl req -new -key "$name.key" -subj "/CN=$name" |
        openssl x509 -req -CA ca.pem -CAkey ca.key -days $DAYS -out "$name.pem" -extfile <(
            echo "subjectAltName=${alternatives:-DNS:$name}"
            echo "basicConstraints=critical,CA:false"
            echo "keyUsage=critical,digitalSignature"
            echo "extendedKeyUsage=serverAuth"
        ) 2>/dev/null
done
