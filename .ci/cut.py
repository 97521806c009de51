"""Writes what the last signature of a file covers, and its CMS: cut.py FILE CONTENT CMS"""
import re
import sys

b = open(sys.argv[1], 'rb').read()
*_, m = re.finditer(rb'/ByteRange \[0 (\d+) (\d+) (\d+)\]', b)
at, c, n = (int(x) for x in m.groups())
der = bytes.fromhex(b[at + 1:c - 1].decode())
length = der[1]
head = 2
if length & 0x80:
    k = length & 0x7f
    length, head = int.from_bytes(der[2:2 + k], 'big'), 2 + k
open(sys.argv[2], 'wb').write(b[:at] + b[c:c + n])
open(sys.argv[3], 'wb').write(der[:head + length])
