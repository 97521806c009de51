"""Encrypts a file with a MAC as ISO/TS 32004 has it: pyhanko_mac.py IN OUT"""
import sys

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

with open(sys.argv[1], 'rb') as f:
    w = copy_into_new_writer(PdfFileReader(f))
    w.encrypt(owner_pass='owner', user_pass='secret', pdf_mac=True)
    w.output_version = (2, 0)
    with open(sys.argv[2], 'wb') as out:
        w.write(out)
