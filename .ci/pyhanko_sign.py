"""Signs a file with pyHanko at every level: pyhanko_sign.py AUTHORITY IN OUTDIR"""
import os
import sys

from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers, timestamps
from pyhanko_certvalidator import ValidationContext

authority, source, out = sys.argv[1:4]
url = open(os.path.join(authority, 'url')).read()
signer = signers.SimpleSigner.load(os.path.join(authority, 'key.pem'), os.path.join(authority, 'cert.pem'),
                                   ca_chain_files=(os.path.join(authority, 'chain.pem'),))
tsa = timestamps.HTTPTimeStamper(url + '/tsa')
root = load_cert_from_pemder(os.path.join(authority, 'roots.pem'))
chain = load_cert_from_pemder(os.path.join(authority, 'chain.pem'))


def sign(data, name, level, subfilter=fields.SigSeedSubFilter.PADES, **more):
    vc = ValidationContext(trust_roots=[root], other_certs=[chain], allow_fetching=True)
    meta = signers.PdfSignatureMetadata(field_name=name, md_algorithm='sha256', subfilter=subfilter,
                                        validation_context=vc, embed_validation_info=level in ('B-LT', 'B-LTA'),
                                        use_pades_lta=level == 'B-LTA', **more)
    w = IncrementalPdfFileWriter(data)
    return signers.sign_pdf(w, meta, signer=signer, timestamper=None if level == 'B-B' else tsa)


for level in ('B-B', 'B-T', 'B-LT', 'B-LTA'):
    with open(source, 'rb') as f:
        result = sign(f, 'First', level)
        with open(os.path.join(out, f'pyhanko-{level}.pdf'), 'wb') as g:
            g.write(result.getbuffer())
    result = sign(result, 'Second', level)
    with open(os.path.join(out, f'pyhanko-twice-{level}.pdf'), 'wb') as g:
        g.write(result.getbuffer())
with open(source, 'rb') as f:
    result = sign(f, 'Old', 'B-T', fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED)
    with open(os.path.join(out, 'pyhanko-CMS.pdf'), 'wb') as g:
        g.write(result.getbuffer())
with open(source, 'rb') as f:
    result = sign(f, 'Certified', 'B-LTA', certify=True, docmdp_permissions=fields.MDPPerm.NO_CHANGES)
    with open(os.path.join(out, 'pyhanko-certified-B-LTA.pdf'), 'wb') as g:
        g.write(result.getbuffer())
