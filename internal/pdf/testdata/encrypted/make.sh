#!/bin/sh
# Makes the encrypted samples from plain.pdf with qpdf 11.3. The keys of AES-256 are new in every run.
set -e
cd "$(dirname "$0")"
before=
make() { # name, options of --encrypt
	out=$1; shift
	qpdf --allow-weak-crypto --static-id --static-aes-iv $before plain.pdf --encrypt "$@" -- "$out.pdf"
}
make rc4-40       user owner 40
make rc4-128      user owner 128 --use-aes=n
make rc4-v4       user owner 128 --use-aes=n --force-V4
make aes-128      user owner 128 --use-aes=y
make aes-256-r5   user owner 256 --force-R5
make aes-256      user owner 256
make aes-128-open '' owner 128 --use-aes=y
make aes-256-open '' owner 256
make aes-128-meta user owner 128 --use-aes=y --cleartext-metadata
make aes-256-meta user owner 256 --cleartext-metadata
before=--object-streams=generate
make rc4-v4-objstm  user owner 128 --use-aes=n --force-V4
make aes-256-objstm user owner 256
