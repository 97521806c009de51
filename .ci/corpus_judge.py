"""Compares foreign files with what they became when they were signed as they are.

usage: corpus_judge.py CORPUS SIGNED FIELD ROOTS

For every file in SIGNED (folder_file.pdf): the input is its beginning, `qpdf
--check` says no worse of it than of the input, and pyHanko finds the new signature
intact and trusted. Files that pyHanko cannot read unsigned either are counted
apart, each with the reason it gives.
"""
import io
import os
import subprocess
import sys

from pyhanko.keys import load_certs_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
import logging

logging.disable(logging.CRITICAL)
corpus, signed, field, roots = sys.argv[1:5]
anchors = list(load_certs_from_pemder([roots]))


def qpdf(path):
    try:
        return subprocess.run(['qpdf', '--check', path], capture_output=True, timeout=120).returncode
    except subprocess.TimeoutExpired:
        return 9


def pyhanko(data):
    r = PdfFileReader(io.BytesIO(data), strict=False)
    if r.encrypted:
        r.decrypt('')
    ours = [s for s in r.embedded_signatures if s.field_name == field]
    if len(ours) != 1:
        raise ValueError(f'{len(ours)} fields of ours')
    vc = ValidationContext(trust_roots=anchors, allow_fetching=False, revocation_mode='soft-fail')
    st = validate_pdf_signature(ours[0], vc)
    if not st.bottom_line:
        raise ValueError(st.summary())


def readable(data):
    """Walks what pyHanko needs of the unsigned file; raises where it cannot."""
    r = PdfFileReader(io.BytesIO(data), strict=False)
    if r.encrypted:
        r.decrypt('')
    list(r.embedded_signatures)
    for i in range(int(r.root['/Pages']['/Count'])):
        r.find_page_for_modification(i)
    r.trailer.flatten()


worse = refused = unread = good = 0
for name in sorted(os.listdir(signed)):
    folder, rest = name.split('_', 1)
    source = os.path.join(corpus, folder, rest)
    out = os.path.join(signed, name)
    a, b = open(source, 'rb').read(), open(out, 'rb').read()
    if not b.startswith(a):
        sys.exit(f'{name}: the input is not its beginning')
    before, after = qpdf(source), qpdf(out)
    # 0 clean, 3 warnings, 2 errors
    rank = {0: 0, 3: 1, 2: 2, 9: 3}
    if rank.get(after, 3) > rank.get(before, 3):
        print(f'qpdf: {name}: {before} before, {after} after')
        worse += 1
    try:
        pyhanko(b)
        good += 1
    except Exception as e:  # pylint: disable=broad-except
        try:
            readable(a)
        except Exception as own:  # pylint: disable=broad-except
            unread += 1
            print(f'pyHanko cannot read {name} unsigned either: {type(own).__name__}: {str(own)[:120]}')
            continue
        refused += 1
        print(f'pyHanko: {name}: {type(e).__name__}: {str(e)[:160]}')
print(f'{good + refused + unread} signed files; qpdf finds {worse} worse than before; pyHanko accepts {good}, '
      f'refuses {refused}, and cannot read {unread}, neither signed nor unsigned')
sys.exit(worse > 0 or refused > 0)
