"""Judges every signature of a file with pyHanko: intact, trusted, and nothing changed since beyond what it allows.

usage: pyhanko_judge.py ROOTS FILE [--password P]
"""
import sys

from pyhanko.keys import load_certs_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
from pyhanko_certvalidator import ValidationContext

roots = []
for c in load_certs_from_pemder([sys.argv[1]]):
    if not c['signature_algorithm']['algorithm'].dotted.startswith('1.2.156.'):
        roots.append(c)
with open(sys.argv[2], 'rb') as f:
    r = PdfFileReader(f, strict='hybrid' not in sys.argv[2])
    if '--password' in sys.argv:
        r.decrypt(sys.argv[-1])
    if not r.embedded_signatures:
        sys.exit('no signature')
    for s in r.embedded_signatures:
        vc = ValidationContext(trust_roots=roots, allow_fetching=False, revocation_mode='soft-fail')
        if s.sig_object.get('/Type') == '/DocTimeStamp':
            st = validate_pdf_timestamp(s, vc)
        else:
            st = validate_pdf_signature(s, vc)
        if not (st.bottom_line if hasattr(st, 'bottom_line') else st.intact and st.valid and st.trusted):
            sys.exit(f'{s.field_name}: {st.summary()}')
        if st.modification_level is not None and st.modification_level > ModificationLevel.FORM_FILLING:
            sys.exit(f'{s.field_name}: {st.modification_level}')
